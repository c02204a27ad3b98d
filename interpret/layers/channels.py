"""All channels of a layer for one image: which number of the computation is shown, in which order, and what the network
says without one of them."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from interpret.choices import ChoiceError, check_name, check_whole
from interpret.layers.kernels import convolutions_by_name
from interpret.prediction import percent, probabilities_of
from model.network import STAGE_NAMES, STAGES, CifarResNet

OUTPUT, CONVOLUTION, BATCH_NORM, RELU = "output", "convolution", "batch_norm", "relu"
POINTS = (OUTPUT, CONVOLUTION, BATCH_NORM, RELU)
POINTS_IN_WORDS = {
    OUTPUT: "what the layer hands on",
    CONVOLUTION: "the convolution's own output, before batch norm",
    BATCH_NORM: "after batch norm, before ReLU",
    RELU: "after ReLU",
}
NUMBER, RESPONSE, ADDS = "number", "response", "adds"
SORTS = (NUMBER, RESPONSE, ADDS)
KINDS = {CONVOLUTION: nn.Conv2d, BATCH_NORM: nn.BatchNorm2d, RELU: nn.ReLU}


@dataclass(frozen=True)
class Channels:
    """A layer's channels for one image: `maps` may be negative before ReLU. `adds` is what each channel adds to every
    class's logit, exactly, where it is known: for the outputs of the last stage."""

    layer: str
    point: str
    maps: Float[np.ndarray, "channels side side"]
    adds: Float[np.ndarray, "classes channels"] | None

    @property
    def strongest(self) -> Float[np.ndarray, "channels"]:
        """Each channel's largest value."""
        return self.maps.max(axis=(1, 2))

    @property
    def silent(self) -> Bool[np.ndarray, "channels"]:
        """Which channels are zero everywhere."""
        return np.asarray(~self.maps.any(axis=(1, 2)))

    def order(self, sort: str, class_index: int) -> Int[np.ndarray, "channels"]:
        """Channel numbers in the order that was asked for: by number, or the strongest response or what it adds to one
        class's score first. Raises ChoiceError."""
        if check_name("sort", sort, SORTS) == NUMBER:
            return np.arange(len(self.maps))
        if sort == RESPONSE:
            return np.argsort(-self.strongest, kind="stable")
        if self.adds is None:
            raise ChoiceError(
                f"Only channels of {STAGE_NAMES[-1]}'s output add to a score directly; sort {self.layer} by "
                f"{NUMBER} or {RESPONSE}."
            )
        return np.argsort(-self.adds[class_index], kind="stable")


def channel_counts(network: CifarResNet) -> dict[str, int]:
    """Everything that has channels to show, by name, and how many: the six stages, then the convolutions inside the
    residual ones."""
    inside = {name: each.kernels for name, each in convolutions_by_name(network).items() if name not in STAGE_NAMES}
    return {stage.name: stage.channels for stage in STAGES} | inside


def layer_names(network: CifarResNet) -> tuple[str, ...]:
    """The names of everything that has channels to show."""
    return tuple(channel_counts(network))


def side_of(network: CifarResNet, layer: str, point: str = OUTPUT) -> int:
    """How many rows and columns of cells a layer has at a point: before it pools, twice as many as it hands on."""
    convolution = convolutions_by_name(network).get(layer)
    stage = next(each for each in STAGES if each.name == layer.partition(".")[0])
    return stage.resolution * (2 if point == CONVOLUTION and convolution and convolution.pooled else 1)


def channels_of(network: CifarResNet, image: Float[Tensor, "1 3 32 32"], layer: str, point: str = OUTPUT) -> Channels:
    """A layer's channels at a point of its computation, for an image in [0, 1].

    `layer`: a stage, or a convolution of a residual stage (`resnet_block1.0`). Raises ChoiceError.
    """
    name = module_name(network, layer, point)
    with torch.inference_mode():
        _, outputs = network.forward_with_modules(image)
        found = outputs[name][0]
        adds = found.amax(dim=(1, 2)) * network.fc.weight if name == STAGE_NAMES[-1] else None
    return Channels(layer, point, found.numpy(force=True), None if adds is None else adds.numpy(force=True))


def module_name(network: CifarResNet, layer: str, point: str) -> str:
    """Where `network.forward_with_modules` holds a layer's point. Raises ChoiceError."""
    check_name("layer", layer, layer_names(network))
    check_name("point", point, POINTS)
    if layer in STAGE_NAMES and point == OUTPUT:
        return layer
    stage = layer.partition(".")[0]
    keys = {name: key for name, (key, _) in zip(convolutions_by_name(network), network.convolutions(), strict=True)}
    if layer not in keys:
        own = " or ".join(name for name in keys if name.startswith(f"{layer}."))
        raise ChoiceError(f"{layer} has two convolutions: name {own}, or ask for its {OUTPUT}.")
    kind = KINDS[RELU if point == OUTPUT else point]
    start = int(keys[layer].partition(".")[2])
    modules = list(network.stage(stage))
    index = next(at for at in range(start, len(modules)) if isinstance(modules[at], kind))
    return f"{stage}.{index}"


@dataclass(frozen=True)
class Lesion:
    """What the network says of an image with all its channels, and without one: probabilities by class, in [0, 1], and
    logits."""

    layer: str
    channel: int
    before: Float[np.ndarray, "classes"]
    after: Float[np.ndarray, "classes"]
    logits_before: Float[np.ndarray, "classes"]
    logits_after: Float[np.ndarray, "classes"]

    def sentence(self, class_names: tuple[str, ...]) -> str:
        """What the channel's going changes."""
        old, new = int(self.before.argmax()), int(self.after.argmax())
        change = f"{float(self.logits_after[old] - self.logits_before[old]):+.2f}".replace("-", "−")
        verdict = (
            f"still says {class_names[old]}" if old == new else f"says {class_names[new]} instead of {class_names[old]}"
        )
        before, after = (percent(float(each[old])) for each in (self.before, self.after))
        return (
            f"Without channel {self.channel} of {self.layer} the network {verdict} ({before} before, {after} after); "
            f"its score changes by {change} logits."
        )


Held = tuple[Float[Tensor, "batch channels side side"], Float[Tensor, "batch _ side side"] | None]


def handed_on(network: CifarResNet, layer: str, images: Float[Tensor, "batch 3 32 32"]) -> Held:
    """What a layer hands on, and what its stage was given if the layer is a convolution inside a residual stage."""
    stage, _, place = module_name(network, layer, OUTPUT).partition(".")
    x = network.normalise(images)
    for name in STAGE_NAMES[: STAGE_NAMES.index(stage)]:
        x = network.run_stage(name, x)
    return (network.stage(stage)[: int(place) + 1](x), x) if place else (network.run_stage(stage, x), None)


def logits_from(
    network: CifarResNet,
    layer: str,
    output: Float[Tensor, "batch channels side side"],
    stage_input: Float[Tensor, "batch _ side side"] | None,
) -> Float[Tensor, "batch classes"]:
    """Logits from what a layer hands on and its stage was given, as `handed_on` has them: the rest of the network, run
    on it."""
    stage, _, place = module_name(network, layer, OUTPUT).partition(".")
    if place:
        output = stage_input + network.stage(stage)[int(place) + 1 :](output)
    return network.classify_from(stage, output)


def without_channel(
    network: CifarResNet, image: Float[Tensor, "1 3 32 32"], layer: str, channel: int | float
) -> Lesion:
    """Runs the network with one channel of a stage's output at zero. Raises ChoiceError."""
    check_name("layer", layer, STAGE_NAMES)
    with torch.inference_mode():
        output, stage_input = handed_on(network, layer, image)
        channel = check_whole("channel", channel, 0, output.shape[1] - 1)
        lesioned = output.clone()
        lesioned[:, channel] = 0
        logits, after = (logits_from(network, layer, each, stage_input) for each in (output, lesioned))
    temperature = network.config.temperature
    said, says = (probabilities_of(each, temperature)[0].numpy(force=True) for each in (logits, after))
    return Lesion(layer, channel, said, says, logits[0].numpy(force=True), after[0].numpy(force=True))
