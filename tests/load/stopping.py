"""A visitor in a browser who stops a slow method while many others wait for theirs."""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import expect

from tests.browsing import Visit, choose, running_chromium, show_a_new_picture

Answer = TypeVar("Answer")


def stopped_meanwhile(url: str, others: Callable[[], Answer]) -> tuple[Answer, float, float]:
    """What the others were answered, and how many seconds after Stop the progress bar was gone, and the quick method's
    answer there. The page is open before the others come."""
    with running_chromium() as browser, tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as pool:
        visit = Visit(browser.new_page())
        visit.open(url)
        show_a_new_picture(visit, Path(folder))
        visit.answered()
        cells = visit.page.locator("#gradcam-cells")
        coming = pool.submit(others)
        choose(visit, "Method", "Score-CAM (measured)")
        visit.page.locator("#gradcam-stop").click()
        pressed = time.perf_counter()
        expect(visit.page.locator("#gradcam-progress")).to_be_hidden()
        gone = time.perf_counter() - pressed
        expect(visit.page.get_by_label("Method", exact=True)).to_have_value("Grad-CAM (gradients)")
        expect(cells).not_to_contain_class("asked")
        answered = time.perf_counter() - pressed
        return coming.result(), gone, answered
