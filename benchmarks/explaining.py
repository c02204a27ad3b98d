"""Explaining, in one process, as ratios: `python benchmarks/explaining.py` (CPU, about two minutes).

A ratio is the median over rounds of one candidate's time over the other's, so that a machine whose speed drifts still
gives a fair figure. Exits with status 1 if a ratio misses its bound.
"""

import argparse
import copy
import io
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script's own folder is on the path, the root is not

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from pytorch_grad_cam import AblationCAM, GradCAM, ScoreCAM
from pytorch_grad_cam.utils.image import show_cam_on_image

from benchmarks.ratio import Ratio, in_turns, tell
from interpret.attribution.cam import class_activation_maps
from interpret.attribution.evidence import evidence
from interpret.drawing.feature_maps import draw_channels_apart, draw_stages
from interpret.drawing.kernels import draw_kernels
from interpret.explainer import explainer_for
from interpret.explanation import Question, Style, explain
from interpret.layers.channels import channels_of
from interpret.layers.feature_maps import activations_of, channel_of_every_stage
from interpret.layers.kernels import find_convolution, input_channel_kernels
from interpret.prediction import logits_of_many
from model.network import STAGE_NAMES, CifarResNet
from model.release import BUNDLED, Release, load_release

FIGURES = ("deletion", "insertion", "road")
EXAMPLE = str(ROOT / "examples" / "cat.png")
SAME_LOGITS = 1e-4
CHANNEL = 16


def as_the_package_gets_it(network: CifarResNet) -> CifarResNet:
    """A copy with gradients, and in PyTorch's own memory layout: channels last is this project's choice."""
    return copy.deepcopy(network).to(memory_format=torch.contiguous_format).requires_grad_()  # type: ignore[call-overload]


def forward(network: CifarResNet, images: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return network(images)


def cam_ratios(rounds: int) -> list[Ratio]:
    explainer = explainer_for(load_release(BUNDLED))
    pixels, images = explainer.preprocess(EXAMPLE, "crop")
    picture = pixels.astype(np.float32) / 255
    hookable = as_the_package_gets_it(explainer.network)
    hookable_layer = hookable.resnet_block3

    def answer() -> object:
        explanation = explain(explainer, Question(EXAMPLE))
        explanation.overlays(Style(0.5, smooth=True)), explanation.cells("magma"), explanation.sentence()
        return explanation.confidences(3)

    def new_object_per_request() -> object:
        probabilities = torch.softmax(hookable(images), dim=1)
        probabilities.topk(3)
        with GradCAM(hookable, [hookable_layer]) as cam:
            return show_cam_on_image(picture, cam(images, None)[0], use_rgb=True, image_weight=0.5)

    against_forward, ours, bare = in_turns(answer, lambda: forward(explainer.network, images), rounds)
    against_package, package, ours_again = in_turns(new_object_per_request, answer, rounds)
    return [
        Ratio(
            "Grad-CAM answer / one bare forward pass",
            against_forward,
            1.3,
            True,
            f"{ours:.1f} ms / {bare:.1f} ms, decoded once",
        ),
        Ratio(
            "new grad-cam object per request / Grad-CAM answer",
            against_package,
            3,
            False,
            f"{package:.1f} ms / {ours_again:.1f} ms",
        ),
    ]


def perturbation_ratios(rounds: int) -> list[Ratio]:
    """The methods that run the network for every channel, against the package, at the last stage."""
    explainer = explainer_for(load_release(BUNDLED))
    _, images = explainer.preprocess(EXAMPLE, "crop")
    hookable = as_the_package_gets_it(explainer.network)
    ratios = []
    for name, method, package, bound in (
        ("Score-CAM", "score_cam", ScoreCAM, 1),
        ("Ablation-CAM", "ablation_cam", AblationCAM, 10),
    ):

        def theirs(package: type[ScoreCAM | AblationCAM] = package) -> object:
            with package(hookable, [hookable.resnet_block3]) as cam, redirect_stderr(io.StringIO()):
                return cam(images, None)

        def ours(method: str = method) -> object:
            layer = "resnet_block3"
            return class_activation_maps(explainer.network, images, layer, (None,), method)

        value, slow, fast = in_turns(theirs, ours, rounds)
        ratios.append(Ratio(f"{name} of the package / {name}", value, bound, False, f"{slow:.0f} ms / {fast:.1f} ms"))
    return ratios


def evidence_ratios(rounds: int) -> list[Ratio]:
    """What adds up: the ledger against a forward pass, and measured Shapley values against as many pictures in batches,
    and against the package's Score-CAM, which the release says is less faithful by every figure."""
    explainer = explainer_for(load_release(BUNDLED))
    network, (_, images) = explainer.network, explainer.preprocess(EXAMPLE, "crop")
    many, hookable = images.repeat(128, 1, 1, 1), as_the_package_gets_it(network)

    def measured() -> object:
        return class_activation_maps(network, images, "resnet_block3", (None,), "shapley")

    def package() -> object:
        with ScoreCAM(hookable, [hookable.resnet_block3]) as cam, redirect_stderr(io.StringIO()):
            return cam(images, None)

    ledger, ours, bare = in_turns(lambda: evidence(network, images), lambda: forward(network, images), 2 * rounds)
    runs, shapley, batches = in_turns(measured, lambda: logits_of_many(network, many), max(5, rounds // 4))
    against, slow, fast = in_turns(package, measured, max(3, rounds // 10))
    return [
        Ratio("evidence, shared credit / one bare forward pass", ledger, 1.1, True,
              f"{ours:.1f} ms / {bare:.1f} ms"),
        Ratio("measured Shapley, 8 orders / 128 pictures in batches", runs, 1.3, True,
              f"{shapley:.0f} ms / {batches:.0f} ms"),
        Ratio("Score-CAM of the package / measured Shapley", against, 4, False, f"{slow:.0f} ms / {fast:.0f} ms"),
        faithfulness_ratio(explainer.release),
    ]  # fmt: skip


def faithfulness_ratio(release: Release) -> Ratio:
    """By how many of the three figures of faithfulness in the release measured Shapley values beat Score-CAM."""
    measured = release.metrics.faithfulness
    assert measured is not None
    one, other = (measured.methods[name] for name in ("shapley", "score_cam"))
    won = [
        one.deletion[0] < other.deletion[0],
        one.insertion[0] > other.insertion[0],
        one.road[0] > other.road[0],
    ]
    detail = ", ".join(f"{getattr(one, name)[0]:.3f} / {getattr(other, name)[0]:.3f}" for name in FIGURES)
    return Ratio("measured Shapley more faithful than Score-CAM, of 3 figures", sum(won), 3, False, detail)


def kernel_ratio(rounds: int) -> Ratio:
    network = load_release(BUNDLED).network
    kernels = input_channel_kernels(find_convolution(network, "custom_block1"), 0).numpy()

    def as_subplots() -> object:
        return subplots(list(kernels), 8, 16, "RdBu_r")

    ratio, theirs, ours = in_turns(as_subplots, lambda: draw_kernels(kernels, "128 kernels"), max(3, rounds // 10))
    return Ratio(
        "128 kernels as matplotlib subplots / as one picture", ratio, 100, False, f"{theirs:.0f} ms / {ours:.2f} ms"
    )


def forward_ratio(rounds: int) -> Ratio:
    """One picture through the network as PyTorch lays it out, and as it is served, which gives the same logits."""
    explainer = explainer_for(load_release(BUNDLED))
    _, images = explainer.preprocess(EXAMPLE, "crop")
    served, plain = explainer.network, as_the_package_gets_it(explainer.network).requires_grad_(False)

    if (forward(plain, images) - forward(served, images)).abs().max() > SAME_LOGITS:
        raise RuntimeError("the network as it is served gives other logits")
    value, slow, fast = in_turns(lambda: forward(plain, images), lambda: forward(served, images), rounds)
    return Ratio(
        "forward pass in NCHW / as served", value, 1.15, False, f"{slow:.1f} ms / {fast:.1f} ms, one picture, float32"
    )


def feature_map_ratio(rounds: int) -> Ratio:
    """A channel of each stage and all 64 of the first: as subplots, as is usual, and as the page does it."""
    explainer = explainer_for(load_release(BUNDLED))
    network, (_, images) = explainer.network, explainer.preprocess(EXAMPLE, "crop")
    usual = as_the_package_gets_it(network)

    def as_subplots() -> object:
        x, kept = usual.normalise(images), {}
        for name in STAGE_NAMES:
            x = kept[name] = usual.run_stage(name, x)
        stages = [kept[name][0, CHANNEL].detach().numpy() for name in STAGE_NAMES]
        return subplots(stages, 2, 3), subplots(list(kept[STAGE_NAMES[0]][0].detach().numpy()), 8, 8)

    def as_served() -> object:
        activations = {name: maps.cpu() for name, maps in activations_of(network, images).items()}
        one = {name: maps.numpy() for name, maps in channel_of_every_stage(activations, CHANNEL).items()}
        found = channels_of(network, images, STAGE_NAMES[0])
        return draw_stages(one), draw_channels_apart(found.maps, STAGE_NAMES[0], "")

    value, theirs, ours = in_turns(as_subplots, as_served, max(3, rounds // 10))
    return Ratio("feature maps as subplots / as served", value, 20, False, f"{theirs:.0f} ms / {ours:.1f} ms")


def subplots(maps: list[np.ndarray], rows: int, columns: int, palette: str = "magma") -> np.ndarray:
    """Maps as matplotlib draws them, an axis for each."""
    figure = Figure(figsize=(12, 6))
    for axis, values in zip(figure.subplots(rows, columns).flat, maps, strict=True):
        axis.imshow(values, cmap=palette)
        axis.axis("off")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def table(rounds: int) -> Iterator[Ratio]:
    yield from cam_ratios(rounds)
    yield forward_ratio(rounds)
    yield from perturbation_ratios(max(3, rounds // 10))
    yield from evidence_ratios(rounds)
    yield feature_map_ratio(rounds)
    yield kernel_ratio(rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60, help="timed rounds of each computation (default: 60)")
    tell(table(parser.parse_args().rounds))


if __name__ == "__main__":
    main()
