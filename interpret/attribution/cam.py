"""Class activation maps on a shared network: no hooks, nothing stored, safe for concurrent requests."""

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from interpret.attribution.measured.masking import USUAL_SAMPLING, Sampling, filling, showing
from interpret.attribution.measured.shapley import Measured, Worth, occlusion_steps, shapley_steps
from interpret.attribution.methods import DEFAULT_METHOD, Method, check_method_at, method_named
from interpret.attribution.perturbation import ablation_weights, score_weights
from interpret.attribution.rules import weighted_sum
from interpret.attribution.steps import finish
from interpret.choices import check_name
from interpret.prediction import logits_of_many
from model.network import STAGE_NAMES, CifarResNet


@dataclass(frozen=True)
class Cam:
    """Class activation maps with the prediction that they explain.

    `maps` has one row per explained class, at the resolution of the stage, or of the grid of a method that erases
    pixels, in the unit of the method; values are at least 0 unless the method is signed. `gradient_sums`: what gradient
    x activation of each explained logit adds up to at the stage; not for a method that erases pixels, which instead has
    what it `measured` of all classes.
    """

    logits: Float[Tensor, "classes"]
    class_indices: tuple[int, ...]
    maps: Float[Tensor, "maps height width"]
    gradient_sums: Float[Tensor, "maps"] | None
    measured: Measured | None = None

    def of(self, class_indices: tuple[int | None, ...]) -> "Cam":
        """The maps of some of the explained classes; None stands for the predicted class.

        Raises ValueError for a class that was not explained.
        """
        indices = tuple(int(self.logits.argmax()) if index is None else index for index in class_indices)
        rows = [self.class_indices.index(index) for index in indices]
        sums = None if self.gradient_sums is None else self.gradient_sums[rows]
        return replace(self, class_indices=indices, maps=self.maps[rows], gradient_sums=sums)

    @property
    def standard_errors(self) -> Float[Tensor, "maps height width"] | None:
        """Of the maps' values, for a method that samples; NaN if it sampled too little to tell."""
        if self.measured is None or self.measured.pairs == 0:
            return None
        rows = self.measured.standard_errors[list(self.class_indices)]
        return torch.from_numpy(rows).float().view(self.maps.shape)


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
    method: str = DEFAULT_METHOD,
    sampling: Sampling = USUAL_SAMPLING,
) -> Cam:
    """The maps of some classes' logits at one stage; None stands for the predicted class.

    Maps are neither stretched nor resized, so their magnitude keeps its meaning. The logit, not the softmax, is
    explained: the softmax saturates. `sampling` is for the methods that erase pixels.

    Raises ChoiceError for an unknown stage or method, or a stage that the method does not know; IndexError for a class
    index that the network does not have.
    """
    return finish(class_activation_steps(network, image, stage_name, class_indices, method, sampling))


def class_activation_steps(
    network: CifarResNet,
    image: Float[Tensor, "1 3 32 32"],
    stage_name: str,
    class_indices: tuple[int | None, ...],
    method: str,
    sampling: Sampling = USUAL_SAMPLING,
) -> Generator[float, None, Cam]:
    """As `class_activation_maps`, but yields the share of the work that is done, in [0, 1], and returns the maps."""
    chosen = method_named(method)
    captured = capture(network, image, stage_name)
    check_method_at(chosen, stage_name)
    predicted = int(captured.logits.argmax())
    distinct = tuple(dict.fromkeys(predicted if index is None else index for index in class_indices))
    if chosen.of_pixels:
        yield 0.0
        measured = yield from measured_steps(worth_of(network, image, sampling.fill), chosen, sampling)
        side = math.isqrt(measured.cells.shape[1])
        maps = torch.from_numpy(measured.cells[list(distinct)]).float().view(-1, side, side)
        return Cam(captured.logits, distinct, maps, None, measured).of(class_indices)
    gradients = captured.gradients(distinct)
    if chosen.rule is not None:
        maps = torch.stack([chosen.rule(captured.activations, gradient) for gradient in gradients])
    else:
        yield 0.0
        weights = yield from _weights_by_running_again(captured, chosen)
        maps = torch.stack([torch.relu(weighted_sum(weights[index], captured.activations)) for index in distinct])
    sums = torch.stack([(gradient * captured.activations).sum() for gradient in gradients])
    return Cam(captured.logits, distinct, maps, sums).of(class_indices)


def measured_steps(worth: Worth, method: Method, sampling: Sampling) -> Generator[float, None, Measured]:
    """What a method that erases pixels finds for all classes. Yields as `class_activation_steps` does."""
    cells = sampling.side**2
    if method.name == "occlusion":
        return occlusion_steps(worth, cells)
    return shapley_steps(worth, cells, int(sampling.orders), int(sampling.seed))


def worth_of(
    network: CifarResNet,
    image: Float[Tensor, "1 3 height width"],
    fill: str,
    logits_of: Callable[[CifarResNet, Tensor], Tensor] = logits_of_many,
) -> Worth:
    """What gives the logits of the image of which only some cells are shown."""
    hidden = filling(network, image, fill)
    return lambda shown: logits_of(network, showing(image, hidden, shown))


def _weights_by_running_again(captured: Capture, method: Method) -> Generator[float, None, Tensor]:
    if method.name == "score_cam":
        return score_weights(partial(logits_of_many, captured.network), captured.image, captured.activations)
    return ablation_weights(captured.network, captured.stage_name, captured.activations, captured.logits)


def resize_map(cam: Float[Tensor, "height width"], side: int, *, smooth: bool) -> Float[Tensor, "{side} {side}"]:
    """A map at another resolution: bilinear (`smooth`), or each cell as a flat square."""
    options = {"mode": "bilinear", "align_corners": False} if smooth else {"mode": "nearest"}
    return F.interpolate(cam[None, None], size=(side, side), **options)[0, 0]


def one_and_other(wanted: tuple[int | None, ...], logits: Float[Tensor, "classes"]) -> tuple[int, int | None]:
    """The first class that is wanted (None: the predicted one), and the second if there is another than the first."""
    one, *others = (int(logits.argmax()) if index is None else index for index in wanted)
    return one, others[0] if others and others[0] != one else None


def class_indices_of(names: tuple[str, ...], class_names: tuple[str, ...]) -> tuple[int | None, ...]:
    """Class indices by name; "predicted" gives None. Raises ChoiceError for an unknown name."""
    allowed = ("predicted", *class_names)
    checked = [check_name("class", name, allowed) for name in names]
    return tuple(None if name == "predicted" else class_names.index(name) for name in checked)
