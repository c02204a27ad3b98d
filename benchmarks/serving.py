"""Serving, from start to page, against an empty Gradio page: `python benchmarks/serving.py` (CPU, about ten minutes).

Each ratio is measured in one run in turns. Exits with status 1 if one misses its bound. The page needs Chromium.
"""

import argparse
import base64
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script's own folder is on the path, the root is not

import httpx
import numpy as np
import torch
from gradio_client import Client, handle_file
from PIL import Image
from playwright.sync_api import Browser, Request, sync_playwright

from benchmarks.ratio import Ratio, in_turns, seconds, tell
from interpret.explainer import explainer_for
from model.release import BUNDLED, load_release

EXAMPLE, PHOTOGRAPH = ROOT / "examples" / "cat.png", ROOT / "examples" / "photographs" / "coffee.jpg"
TWELVE_MEGAPIXELS, GRAIN = (4000, 3000), 6  # the grain's standard deviation, of 255
APP, EMPTY = [sys.executable, "app.py"], [sys.executable, "-m", "benchmarks.empty_page"]
REST = 3  # seconds until a process that has started is at rest
PATIENCE = 60  # seconds
FEW = 200  # requests, after which memory should have stopped growing
# What a page shows when it is complete.
OF_APP = "#gradcam-overlay img", "#gradcam-cells img", "#ledger-classes img", "#gradcam-label .confidence"
OF_EMPTY = ("footer",)


@dataclass(frozen=True)
class Running:
    """A process that serves a page, and when it was started."""

    process: subprocess.Popen[str]
    address: str
    begin: float

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.begin

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        (kilobytes,) = re.findall(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.process.pid}/status").read_text())
        return int(kilobytes) / 1024


@contextmanager
def running(command: list[str]) -> Iterator[Running]:
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
        yield Running(process, address, begin)
    finally:
        process.terminate()
        process.wait()


def answer(address: str, endpoint: str, image: dict[str, str]) -> list[Any]:
    """What an endpoint says of a picture."""
    body, call = {"image": {**image, "meta": {"_type": "gradio.FileData"}}}, f"{address}/gradio_api/call"
    asked = httpx.post(f"{call}/v2/{endpoint}", json=body, timeout=PATIENCE).json()
    said = httpx.get(f"{call}/{endpoint}/{asked['event_id']}", timeout=PATIENCE).text
    return list(json.loads(said.rpartition("data: ")[2]))


def start(command: list[str]) -> tuple[float, float]:
    """Seconds until a process serves its first page, the app's until its first right answer, and its megabytes then."""
    with running(command) as served:
        if command is APP:
            data = "data:image/png;base64," + base64.b64encode(EXAMPLE.read_bytes()).decode()
            assert answer(served.address, "predict", {"url": data})[0]["label"] == EXAMPLE.stem
        else:
            httpx.get(served.address, timeout=PATIENCE).raise_for_status()
        elapsed = served.seconds
        time.sleep(REST)
        return elapsed, served.megabytes


def start_ratios(rounds: int) -> Iterator[Ratio]:
    start(APP), start(EMPTY)
    pairs = [(start(APP), start(EMPTY)) for _ in range(rounds)]
    for index, what, unit in ((0, "start to first right answer", "s"), (1, "memory at rest", "MB")):
        value = statistics.median(one[index] / other[index] for one, other in pairs)
        ours, theirs = (statistics.median(each[index] for each in column) for column in zip(*pairs, strict=True))
        yield Ratio(f"{what} / that of an empty page", value, 1.15, True, f"{ours:.1f} {unit} / {theirs:.1f} {unit}")


def memory_ratio(count: int) -> Ratio:
    """Whether the app grows by what it is asked."""
    with running(APP) as served:
        client, image = Client(served.address, verbose=False), handle_file(EXAMPLE)
        questions: tuple[Callable[[], Any], ...] = (
            lambda: client.predict(image=image, api_name="/predict"),
            lambda: client.predict(image=image, against="dog", api_name="/gradcam"),
            lambda: client.predict(image=image, api_name="/evidence"),
            lambda: client.predict(image=image, api_name="/feature_maps"),
            lambda: client.predict(api_name="/kernels"),
            lambda: client.predict(count=5, api_name="/misclassified"),
        )
        before = 0.0
        for number in range(count):
            questions[number % len(questions)]()
            if number + 1 == min(FEW, count):
                before = served.megabytes
        after = served.megabytes
    return Ratio(f"memory after {count:,} requests / after {FEW}", after / before, 1.05, True, f"{after:.0f} MB")


def client_ratio(rounds: int) -> Ratio:
    """What Grad-CAM costs a caller beyond the way there and back, in forward passes."""
    network = explainer_for(load_release(BUNDLED)).network
    image, one = handle_file(EXAMPLE), torch.rand(1, 3, 32, 32)
    with running(APP) as app, running(EMPTY) as empty, torch.inference_mode():
        ours, theirs = (Client(each.address, verbose=False) for each in (app, empty))
        _, explained, nothing = in_turns(
            lambda: ours.predict(image=image, api_name="/gradcam"),
            lambda: theirs.predict(image=image, api_name="/nothing"),
            rounds,
        )
        _, forward, _ = in_turns(lambda: network(one), lambda: None, rounds)
    value = (explained - nothing) / forward
    told = f"({explained:.0f} ms - {nothing:.0f} ms) / {forward:.1f} ms"
    return Ratio("through gradio_client: Grad-CAM - nothing, forward passes", value, 2, True, told)


def photograph() -> Image.Image:
    """Of 12 megapixels, with grain, which makes a file of the size that cameras write."""
    with Image.open(PHOTOGRAPH) as small:
        large = np.asarray(small.convert("RGB").resize(TWELVE_MEGAPIXELS, Image.Resampling.BICUBIC), np.float32)
    grain = np.random.default_rng(0).normal(0, GRAIN, large.shape)
    return Image.fromarray((large + grain).clip(0, 255).astype(np.uint8))


def upload_ratios(rounds: int) -> Iterator[Ratio]:
    """A photograph against a picture of 32x32 pixels, both uploaded: the first answer about each, and the next."""
    times: dict[tuple[str, str], list[float]] = {}
    pictures = {"photo.jpg": photograph(), "small.png": Image.open(EXAMPLE).convert("RGB")}
    with running(APP) as app, tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds + 1):
            for name, picture in pictures.items():
                file = Path(folder, name)
                picture.putpixel(divmod(turn % 1024, 32), (turn % 256, 0, 0))  # a picture that was never asked about
                picture.save(file, quality=90)
                (path,) = httpx.post(
                    f"{app.address}/gradio_api/upload", files={"files": (name, file.read_bytes())}
                ).json()
                for which in ("first", "next"):
                    took = seconds(lambda path=path: answer(app.address, "gradcam", {"path": path}))  # type: ignore[misc]
                    times.setdefault((name, which), []).append(took)
    for which, bound in (("first", 3), ("next", 1.1)):
        pairs = list(zip(times["photo.jpg", which], times["small.png", which], strict=True))[1:]
        value = statistics.median(one / other for one, other in pairs)
        one, other = (statistics.median(column) * 1e3 for column in zip(*pairs, strict=True))
        what = f"{which} answer: JPEG of 12 megapixels / PNG of 32x32"
        yield Ratio(what, value, bound, True, f"{one:.0f} ms / {other:.0f} ms")


@dataclass(frozen=True)
class FirstView:
    """Seconds from navigation to a complete page; its requests, and the bytes of their answers as they were sent."""

    seconds: float
    requests: int
    size: int


def first_view(browser: Browser, address: str, complete: tuple[str, ...]) -> FirstView:
    """As a visitor has it who was never there."""
    context = browser.new_context()
    page, finished = context.new_page(), list[Request]()
    page.on("requestfinished", lambda request: finished.append(request))  # a stream does not finish
    begin = time.perf_counter()
    page.goto(address)
    for selector in complete:
        page.wait_for_selector(selector)
    page.wait_for_function("() => [...document.images].every((each) => each.complete)")
    elapsed = time.perf_counter() - begin
    sizes = [each.sizes()["responseBodySize"] for each in finished if each.url.startswith(address)]
    context.close()
    return FirstView(elapsed, len(sizes), sum(sizes))


def page_ratio(rounds: int) -> Ratio:
    """How much later the page is complete, with its first answer, than an empty one."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with running(APP) as app, running(EMPTY) as empty, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        views = [
            (first_view(browser, app.address, OF_APP), first_view(browser, empty.address, OF_EMPTY))
            for _ in range(rounds + 1)
        ][1:]
        browser.close()
    value = statistics.median(one.seconds - other.seconds for one, other in views)
    ours, theirs = views[-1]
    told = f"{ours.requests} - {theirs.requests} requests, {ours.size / 1e6:.1f} - {theirs.size / 1e6:.1f} MB"
    return Ratio("page with its first answer - an empty page, seconds", value, 1, True, told)


def table(rounds: int, starts: int, requests: int) -> Iterator[Ratio]:
    yield from start_ratios(starts)
    yield client_ratio(rounds)
    yield from upload_ratios(max(5, rounds // 5))
    yield page_ratio(starts)
    yield memory_ratio(requests)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60, help="timed calls of each endpoint (default: 60)")
    parser.add_argument("--starts", type=int, default=5, help="timed starts of each process and page (default: 5)")
    parser.add_argument("--requests", type=int, default=2_000, help="after which memory is looked at (default: 2000)")
    tell(table(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
