"""The picture of the page that the README shows: `python -m tests.browsing.picture` takes it anew.

It starts the app on the bundled release, opens the page in Chromium, clicks an example, and keeps the GradCAM tab down
to the evidence ledger.
"""

import argparse
import io
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import sync_playwright

from model.release import BUNDLED, load_release
from tests.browsing import ARGUMENTS, Visit, chromium
from tests.conftest import ROOT, running_app

PICTURE = ROOT / "docs" / "page.png"
VIEWPORT = {"width": 1440, "height": 900}
EXAMPLE = 3  # the cat
MARGIN = 24  # pixels of the page that stay around what is shown
ROUNDING = 15  # divides 255: white stays white
MOST_BYTES = 250_000
RELEASE = "release"  # among the words that a PNG carries


def take(url: str) -> Image.Image:
    """The first tab of a page that runs there, from its header to its ledger."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        visit = Visit(browser.new_page(viewport=VIEWPORT))
        visit.open(url)
        visit.page.locator("#examples button.thumbnail-item").nth(EXAMPLE).click()
        visit.page.mouse.move(0, 0)
        assert visit.settles()
        shown = [visit.page.locator(name).bounding_box() for name in ("#picture", "[role=tablist]", "#ledger")]
        taken = Image.open(io.BytesIO(visit.page.screenshot(full_page=True)))
        browser.close()
    boxes = [each for each in shown if each]
    left = min(each["x"] for each in boxes) - MARGIN
    right = max(each["x"] + each["width"] for each in boxes) + MARGIN
    bottom = max(each["y"] + each["height"] for each in boxes) + MARGIN
    return taken.crop((round(left), 0, round(right), round(bottom)))


def write(picture: Image.Image, file: Path) -> None:
    """A small PNG, which says of which release it is. Colours are rounded by at most seven of 255, which hardly
    anybody sees and which packs a third better."""
    rounded = np.rint(np.asarray(picture.convert("RGB")) / ROUNDING).astype(np.uint8) * ROUNDING
    words = PngInfo()
    words.add_text(RELEASE, load_release(BUNDLED).identifier)
    Image.fromarray(rounded).save(file, optimize=True, pnginfo=words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="of an app that runs already (default: one is started)")
    options = parser.parse_args()
    with ExitStack() as stack:
        url = options.url
        if url is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = stack.enter_context(running_app(folder)).url
        write(take(url), PICTURE)


if __name__ == "__main__":
    main()
