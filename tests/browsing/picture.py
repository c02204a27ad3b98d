"""The pictures that the README and the Space's card show: `python -m tests.browsing.picture` takes them anew.

It starts the app on the bundled release, opens the page in Chromium. The README's picture is the
GradCAM tab down to the evidence ledger; the thumbnail is made of the parts of it that can still be read when small.
"""

import argparse
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from deploy import THUMBNAIL
from model.release import BUNDLED, load_release
from tests.browsing import Visit, choose, running_chromium
from tests.conftest import ROOT, running_app

PICTURE, THUMBNAIL_FILE = ROOT / "docs" / "page.png", ROOT / THUMBNAIL
VIEWPORT = {"width": 1440, "height": 900}
MARGIN = 24  # pixels of the page that stay around what is shown
ROUNDING = 5  # it divides 255: white stays white
MOST_BYTES = 300_000
THUMBNAIL_SIZE = (1200, 630)  # what social networks cut nothing off
# The parts of the page that the thumbnail is made of: left, top and width in it; without a width as large as drawn.
PARTS = {
    "#header h1": (40, 36, None),
    "#header h1 + p": (40, 106, None),
    "#seen img": (40, 176, 355),
    "#gradcam-overlay img": (420, 176, 355),
    "#gradcam-label .confidence:first-child": (40, 545, 735),
    "#ledger-classes img": (815, 30, 345),
}
RELEASE = "release"  # among the words that a PNG carries


@contextmanager
def app_at(url: str | None, **environment: str) -> Iterator[str]:
    """The address of the app that runs there, or else of one that is started on the bundled release, with these
    environment variables."""
    if url is not None:
        yield url
        return
    with tempfile.TemporaryDirectory() as folder, running_app(Path(folder), **environment) as app:
        yield app.url


@contextmanager
def example_explained(url: str, scale: int = 1) -> Iterator[Visit]:
    """A page that runs there, with the example that it opens with, drawn so many times as fine."""
    with running_chromium() as browser:
        visit = Visit(browser.new_page(viewport=VIEWPORT, device_scale_factor=scale))
        visit.open(url)
        assert visit.settles()
        yield visit


def take(url: str) -> Image.Image:
    """The first tab of a page that runs there, from its header to its ledger."""
    with example_explained(url) as visit:
        shown = [visit.page.locator(name).bounding_box() for name in ("#picture", "[role=tablist]", "#ledger")]
        taken = Image.open(io.BytesIO(visit.page.screenshot(full_page=True)))
    boxes = [each for each in shown if each]
    left = min(each["x"] for each in boxes) - MARGIN
    right = max(each["x"] + each["width"] for each in boxes) + MARGIN
    bottom = max(each["y"] + each["height"] for each in boxes) + MARGIN
    return taken.crop((round(left), 0, round(right), round(bottom)))


def take_thumbnail(url: str) -> Image.Image:
    """A picture, its Grad-CAM map, the answer and the evidence for all ten classes, under the page's title."""
    thumbnail = Image.new("RGB", THUMBNAIL_SIZE, "white")
    with example_explained(url, scale=2) as visit:
        choose(visit, "Method", "Grad-CAM (gradients)")
        visit.answered()
        for selector, (left, top, width) in PARTS.items():
            part = Image.open(io.BytesIO(visit.page.locator(selector).first.screenshot()))
            if width is not None:
                part = part.resize((width, round(part.height * width / part.width)), Image.Resampling.LANCZOS)
            thumbnail.paste(part, (left, top))
    return thumbnail


def write(picture: Image.Image, file: Path) -> None:
    """A small PNG, which says of which release it is. Colours are rounded by half of ROUNDING at most: it packs better,
    and pale reds and blues stay what they are."""
    rounded = np.rint(np.asarray(picture.convert("RGB")) / ROUNDING).astype(np.uint8) * ROUNDING
    words = PngInfo()
    words.add_text(RELEASE, load_release(BUNDLED).identifier)
    Image.fromarray(rounded).save(file, optimize=True, pnginfo=words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="of an app that runs already (default: one is started)")
    with app_at(parser.parse_args().url) as url:
        write(take(url), PICTURE)
        write(take_thumbnail(url), THUMBNAIL_FILE)


if __name__ == "__main__":
    main()
