"""Class activation maps on a shared network: no hooks, nothing stored, safe for concurrent requests."""

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from interpret.attribution.methods import Method, method_named, weighted_sum
from interpret.attribution.perturbation import ablation_weights, score_weights
from interpret.attribution.steps import finish
from interpret.choices import check_name
from interpret.prediction import logits_of_many
from model.network import STAGE_NAMES, CifarResNet


@dataclass(frozen=True)
class Cam:
    """Class activation maps with the prediction that they explain.

    `maps` has one row per explained class, at the stage's own resolution, in the unit of the method; values are at
    least 0 unless the method is signed.
    """

    logits: Float[Tensor, "classes"]
    class_indices: tuple[int, ...]
    maps: Float[Tensor, "maps height width"]

    def of(self, class_indices: tuple[int | None, ...]) -> "Cam":
        """The maps of some of the explained classes; None stands for the predicted class.

        Raises ValueError for a class that was not explained.
        """
        indices = tuple(int(self.logits.argmax()) if index is None else index for index in class_indices)
        return Cam(self.logits, indices, self.maps[[self.class_indices.index(index) for index in indices]])


@dataclass(frozen=True)
class Capture:
    """One image's activations at one stage, and the logits that follow from them, ready for gradients."""

    network: CifarResNet
    image: Float[Tensor, "1 3 32 32"]
    stage_name: str
    stage_output: Float[Tensor, "1 channels height width"]
    network_output: Float[Tensor, "1 classes"]

    @property
    def logits(self) -> Float[Tensor, "classes"]:
        return self.network_output.detach()[0]

    @property
    def activations(self) -> Float[Tensor, "channels height width"]:
        return self.stage_output.detach()[0]

    def gradients(self, class_indices: tuple[int, ...]) -> list[Float[Tensor, "channels height width"]]:
        """The gradient of each of these logits with respect to the activations; can be asked for once."""
        return [
            torch.autograd.grad(
                self.network_output[0, index], self.stage_output, retain_graph=number + 1 < len(class_indices)
            )[0][0]
            for number, index in enumerate(class_indices)
        ]


def capture(network: CifarResNet, image: Float[Tensor, "1 3 32 32"], stage_name: str) -> Capture:
    """Runs the network once; what lies before the stage without autograd. Raises ChoiceError for an unknown stage."""
    check_name("layer", stage_name, STAGE_NAMES)
    with torch.no_grad():
        x = network.normalise(image)
        for name in STAGE_NAMES[: STAGE_NAMES.index(stage_name) + 1]:
            x = network.run_stage(name, x)
    stage_output = x.detach().requires_grad_()
    with torch.enable_grad():
        return Capture(network, image, stage_name, stage_output, network.classify_from(stage_name, stage_output))


def class_activation_maps(
    network: CifarResNet,
    image: Float[Tensor, "1 3 32 32"],
    stage_name: str,
    class_indices: tuple[int | None, ...] = (None,),
    method: str = "grad_cam",
) -> Cam:
    """The maps of some classes' logits at one stage; None stands for the predicted class.

    Maps are neither stretched nor resized, so their magnitude keeps its meaning. The logit, not the softmax, is
    explained: the softmax saturates.

    Raises ChoiceError for an unknown stage or method, IndexError for a class index that the network does not have.
    """
    return finish(class_activation_steps(network, image, stage_name, class_indices, method))


def class_activation_steps(
    network: CifarResNet,
    image: Float[Tensor, "1 3 32 32"],
    stage_name: str,
    class_indices: tuple[int | None, ...],
    method: str,
) -> Generator[float, None, Cam]:
    """As `class_activation_maps`, but yields the share of the work that is done, in [0, 1], and returns the maps."""
    chosen = method_named(method)
    captured = capture(network, image, stage_name)
    predicted = int(captured.logits.argmax())
    distinct = tuple(dict.fromkeys(predicted if index is None else index for index in class_indices))
    if chosen.rule is not None:
        gradients = captured.gradients(distinct)
        maps = [chosen.rule(captured.activations, gradient) for gradient in gradients]
    else:
        yield 0.0
        weights = yield from _weights_by_running_again(captured, chosen)
        maps = [torch.relu(weighted_sum(weights[index], captured.activations)) for index in distinct]
    return Cam(captured.logits, distinct, torch.stack(maps)).of(class_indices)


def _weights_by_running_again(captured: Capture, method: Method) -> Generator[float, None, Tensor]:
    if method.name == "score_cam":
        return score_weights(partial(logits_of_many, captured.network), captured.image, captured.activations)
    return ablation_weights(captured.network, captured.stage_name, captured.activations, captured.logits)


def resize_map(cam: Float[Tensor, "height width"], side: int, *, smooth: bool) -> Float[Tensor, "{side} {side}"]:
    """A map at another resolution: bilinear (`smooth`), or each cell as a flat square."""
    options = {"mode": "bilinear", "align_corners": False} if smooth else {"mode": "nearest"}
    return F.interpolate(cam[None, None], size=(side, side), **options)[0, 0]


def class_indices_of(names: tuple[str, ...], class_names: tuple[str, ...]) -> tuple[int | None, ...]:
    """Class indices by name; "predicted" gives None. Raises ChoiceError for an unknown name."""
    allowed = ("predicted", *class_names)
    checked = [check_name("class", name, allowed) for name in names]
    return tuple(None if name == "predicted" else class_names.index(name) for name in checked)
