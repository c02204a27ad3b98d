"""Serving speed as ratios, each measured in one run in turns: `python benchmarks/serving.py` (CPU, about two minutes).

A ratio is the median over rounds of one candidate's time over the other's, so that a machine whose speed drifts still
gives a fair figure. Exits with status 1 if a ratio misses its bound.
"""

import argparse
import copy
import io
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
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

from benchmarks.ratio import Ratio
from interpret.attribution.cam import class_activation_maps
from interpret.attribution.evidence import evidence
from interpret.drawing.kernels import draw_kernels
from interpret.explainer import explainer_for
from interpret.explanation import Question, Style, explain
from interpret.layers.kernels import find_convolution, input_channel_kernels
from interpret.prediction import logits_of_many
from model.network import CifarResNet
from model.release import BUNDLED, Release, load_release

FIGURES = ("deletion", "insertion", "road")
EXAMPLE = str(ROOT / "examples" / "cat.png")
EMPTY_PAGE = "import torch, gradio\nwith gradio.Blocks() as demo: pass\ndemo.launch(ssr_mode=False)"


def seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def in_turns(first: Callable[[], object], second: Callable[[], object], rounds: int) -> tuple[float, float, float]:
    """Median ratio first / second, and the median milliseconds of each, after a warm-up of both."""
    for warm_up in (first, second, first, second):
        warm_up()
    pairs = [(seconds(first), seconds(second)) for _ in range(rounds)]
    ratio = statistics.median(one / other for one, other in pairs)
    one, other = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
    return ratio, one, other


def as_the_package_gets_it(network: CifarResNet) -> CifarResNet:
    """A copy with gradients, and in PyTorch's own memory layout: channels last is this project's choice."""
    return copy.deepcopy(network).to(memory_format=torch.contiguous_format).requires_grad_()  # type: ignore[call-overload]


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

    def forward() -> object:
        with torch.inference_mode():
            return explainer.network(images)

    def new_object_per_request() -> object:
        probabilities = torch.softmax(hookable(images), dim=1)
        probabilities.topk(3)
        with GradCAM(hookable, [hookable_layer]) as cam:
            return show_cam_on_image(picture, cam(images, None)[0], use_rgb=True, image_weight=0.5)

    against_forward, ours, bare = in_turns(answer, forward, rounds)
    against_package, package, ours_again = in_turns(new_object_per_request, answer, rounds)
    return [
        Ratio(
            "Grad-CAM answer / one bare forward pass",
            against_forward,
            2,
            True,
            f"{ours:.1f} ms / {bare:.1f} ms, decoded once",
        ),
        Ratio(
            "new grad-cam object per request / Grad-CAM answer",
            against_package,
            1.8,
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

    def forward() -> object:
        with torch.inference_mode():
            return network(images)

    def measured() -> object:
        return class_activation_maps(network, images, "resnet_block3", (None,), "shapley")

    def package() -> object:
        with ScoreCAM(hookable, [hookable.resnet_block3]) as cam, redirect_stderr(io.StringIO()):
            return cam(images, None)

    ledger, ours, bare = in_turns(lambda: evidence(network, images), forward, 2 * rounds)
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

    def subplots() -> object:
        figure = Figure(figsize=(12, 6))
        for axis, kernel in zip(figure.subplots(8, 16).flat, kernels, strict=True):
            axis.imshow(kernel, cmap="RdBu_r")
            axis.axis("off")
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())

    ratio, theirs, ours = in_turns(subplots, lambda: draw_kernels(kernels, "128 kernels"), max(3, rounds // 10))
    return Ratio(
        "128 kernels as matplotlib subplots / as one picture", ratio, 100, False, f"{theirs:.0f} ms / {ours:.2f} ms"
    )


def start(command: list[str]) -> tuple[float, float]:
    """Seconds from the start of a process to its first page, and its resident megabytes a little later."""
    environment = {**os.environ, "GRADIO_ANALYTICS_ENABLED": "False", "PYTHONUNBUFFERED": "1"}
    environment.pop("MODEL_REPO_ID", None)
    begin = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        addresses = (found.group() for line in process.stdout if (found := re.search(r"http://\S+:\d+", line)))
        if (address := next(addresses, None)) is None:
            raise RuntimeError(f"{command} ended before it served a page")
        with urllib.request.urlopen(address, timeout=60) as page:
            page.read()
        elapsed = time.perf_counter() - begin
        time.sleep(3)
        status = Path(f"/proc/{process.pid}/status").read_text()
        resident = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert resident is not None
        return elapsed, int(resident.group(1)) / 1024
    finally:
        process.terminate()
        process.wait()


def start_ratios(rounds: int) -> list[Ratio]:
    app, empty = [sys.executable, "app.py"], [sys.executable, "-c", EMPTY_PAGE]
    start(app), start(empty)
    pairs = [(start(app), start(empty)) for _ in range(rounds)]
    ratios = []
    for index, what, unit, bound in ((0, "start to first page", "s", 1.3), (1, "memory at rest", "MB", 1.4)):
        value = statistics.median(one[index] / other[index] for one, other in pairs)
        ours, theirs = (statistics.median(each[index] for each in column) for column in zip(*pairs, strict=True))
        name = f"{what}: app.py / torch, gradio and an empty page"
        ratios.append(Ratio(name, value, bound, True, f"{ours:.1f} {unit} / {theirs:.1f} {unit}"))
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60, help="timed rounds of each computation (default: 60)")
    parser.add_argument("--starts", type=int, default=3, help="timed starts of each process (default: 3)")
    options = parser.parse_args()
    ratios = [
        *cam_ratios(options.rounds),
        *perturbation_ratios(max(3, options.rounds // 10)),
        *evidence_ratios(options.rounds),
        kernel_ratio(options.rounds),
        *start_ratios(options.starts),
    ]
    for ratio in ratios:
        print(ratio)
    sys.exit(0 if all(ratio.holds for ratio in ratios) else 1)


if __name__ == "__main__":
    main()
