"""The explanations on the GradCAM tab in a real browser: what visitors click, and what they see of it."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.answers import CAT
from tests.browsing import ANSWERED, PATIENCE, PHONE, Visit, choose, held, show_a_new_picture, unfold
from tests.conftest import EXAMPLES

pytestmark = pytest.mark.browser

# A link sets five controls one after the other; while a handler is busy, what changes is asked once more.
QUESTIONS_TO_A_HANDLER = 6


def click_cell(ledger: Locator, column: int, row: int) -> None:
    """A click in the middle of a cell of the ledger, however large the picture is shown."""
    assert ledger.page.evaluate(ANSWERED, PATIENCE)
    left, top, side = 12, 36, 72  # pixels of the drawn ledger
    natural = ledger.evaluate("image => image.naturalWidth")
    shown = ledger.evaluate("image => image.clientWidth") / natural
    x, y = (start + (number + 0.5) * side for start, number in ((left, column), (top, row)))
    ledger.click(position={"x": x * shown, "y": y * shown})


@pytest.mark.parametrize("title", ["HiResCAM (adds up)", "Eigen-CAM (control)", "Ablation-CAM (measured)"])
def test_another_method_draws_another_map(visit, title):
    before = visit.page.locator("#gradcam-cells img").get_attribute("src")
    choose(visit, "Method", title)
    expect(visit.page.locator("#gradcam-cells img")).not_to_have_attribute("src", before or "")
    expect(visit.page.locator("#gradcam-progress")).to_be_hidden()
    expect(visit.page.locator(".asked")).to_have_count(0)


def test_a_slow_method_says_how_far_it_is_and_can_be_stopped(visit, app, client, tmp_path):
    show_a_new_picture(visit, tmp_path)
    visit.answered()
    cells, progress = visit.page.locator("#gradcam-cells"), visit.page.locator("#gradcam-progress")
    first = cells.locator("img").get_attribute("src")
    choose(visit, "Method", "Grad-CAM (gradients)")
    expect(cells.locator("img")).not_to_have_attribute("src", first or "")
    visit.answered()
    before = cells.locator("img").get_attribute("src")
    with held(app, "Score-CAM"):
        choose(visit, "Method", "Score-CAM (measured)")
        expect(progress.locator("progress")).to_be_attached()
        expect(cells).to_have_class(re.compile("asked"))
        visit.page.locator("#gradcam-stop").click()
        expect(progress).to_be_hidden()
        expect(visit.page.get_by_label("Method", exact=True)).to_have_value("Grad-CAM (gradients)")
    expect(cells).not_to_have_class(re.compile("asked"))
    expect(progress).to_be_hidden()
    client.predict(CAT, method="score_cam", api_name="/gradcam")  # takes as long as what was stopped had to go
    visit.answered()
    expect(cells.locator("img")).to_have_attribute("src", before or "")
    with held(app, "Score-CAM"):
        choose(visit, "Method", "Score-CAM (measured)")
        expect(progress.locator("progress")).to_be_attached()
    expect(cells.locator("img")).not_to_have_attribute("src", before or "")


def test_what_is_shown_after_stop_is_of_the_picture_that_is_asked_about(visit, app, tmp_path):
    before = visit.page.locator("#gradcam-cells img").get_attribute("src")
    choose(visit, "Method", "Score-CAM (measured)")
    expect(visit.page.locator("#gradcam-cells img")).not_to_have_attribute("src", before or "")
    visit.answered()
    ledger = visit.page.locator("#evidence-sentence")
    of_the_old_picture = ledger.inner_text()
    with held(app, "Score-CAM"):
        show_a_new_picture(visit, tmp_path)
        visit.page.locator("#gradcam-stop").click()
        expect(visit.page.get_by_label("Method", exact=True)).to_have_value("Grad-CAM (gradients)")
    expect(ledger).not_to_have_text(of_the_old_picture)
    visit.answered()
    named = re.search(r"[Ss]core of (\w+) is", ledger.inner_text())
    assert named is not None
    expect(visit.page.locator("#gradcam-overlay")).to_contain_text(f"Evidence for {named.group(1)}")
    expect(visit.page.locator("#gradcam-label")).to_contain_text(named.group(1))
    expect(visit.page.locator(".asked")).to_have_count(0)


def test_each_overlay_is_labelled_with_its_class_for_eyes_and_screen_readers(visit):
    expect(visit.page.locator("#gradcam-overlay")).to_contain_text("Evidence for cat")
    expect(visit.page.locator("#gradcam-overlay img")).to_have_attribute("alt", "Evidence for cat")
    choose(visit, "Compare with", "ship")
    expect(visit.page.locator("#gradcam-against")).to_contain_text("Evidence for ship")


def test_the_ledger_says_what_adds_up_to_the_score(visit):
    expect(visit.page.locator("#evidence-sentence")).to_contain_text("The score of cat is")
    choose(visit, "Compare with", "ship")
    expect(visit.page.locator("#evidence-sentence")).to_contain_text("Cat's lead over ship is")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_a_click_on_a_cell_erases_it_and_another_brings_it_back(visit, size):
    if size == "phone":
        visit.page.set_viewport_size(PHONE)
    ledger = visit.page.locator("#ledger img")
    ledger.scroll_into_view_if_needed()
    expect(visit.page.locator("#erased-sentence")).to_contain_text("Nothing is erased yet")
    click_cell(ledger, column=2, row=1)
    expect(visit.page.locator("#erased-sentence")).to_contain_text("Without C2 the score of cat would change by")
    expect(visit.page.get_by_role("checkbox", name="C2")).to_be_checked()
    click_cell(ledger, column=2, row=1)
    expect(visit.page.locator("#erased-sentence")).to_contain_text("Nothing is erased yet")


def test_what_was_erased_from_one_picture_is_not_erased_from_the_next(visit):
    visit.page.get_by_role("checkbox", name="B2").check()
    expect(visit.page.locator("#erased-sentence")).to_contain_text("Without B2 the score of cat")
    visit.page.locator("#examples button.thumbnail-item").nth(9).click()
    expect(visit.page.locator("#gradcam-label")).to_contain_text("truck")
    expect(visit.page.locator("#erased-sentence")).to_contain_text("Nothing is erased yet")
    expect(visit.page.get_by_role("checkbox", name="B2")).not_to_be_checked()


def test_what_is_brushed_over_is_erased_and_can_be_cleared(visit):
    canvas = visit.page.locator("#brush canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    visit.page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.3 * box["height"])
    visit.page.mouse.up()
    expect(visit.page.locator("#erased-sentence")).to_contain_text(
        re.compile(r"Without \d+ brushed pixels the score of")
    )
    visit.page.locator("#brush").get_by_role("button", name="Clear").click()
    expect(visit.page.locator("#erased-sentence")).to_contain_text("Nothing is erased yet")


def test_cells_can_be_erased_from_the_keyboard(visit):
    visit.page.get_by_role("checkbox", name="A1").focus()
    visit.page.keyboard.press("Space")
    expect(visit.page.locator("#erased-sentence")).to_contain_text("Without A1")


def test_the_controls_are_compared_on_request_and_never_shown_for_another_question(visit, client):
    unfold(visit, "Can this map be trusted")
    visit.page.locator("#compare-controls").click()
    expect(visit.page.locator("#controls-picture img")).to_be_visible()
    expect(visit.page.locator("#controls-sentence")).to_contain_text(re.compile("rank|ranks"))
    choose(visit, "Method", "LayerCAM (gradients)")
    expect(visit.page.locator("#controls-picture img")).to_be_hidden()
    expect(visit.page.locator("#controls-sentence")).to_have_text("")
    choose(visit, "Method", "Score-CAM (measured)")
    visit.page.locator("#compare-controls").click()
    choose(visit, "Method", "Grad-CAM (gradients)")
    client.predict(CAT, method="score_cam", api_name="/controls")  # was asked later than what was given up
    expect(visit.page.locator("#controls-picture img")).to_be_hidden()


def exported(visit: Visit, folder: Path) -> dict[str, Any]:
    """What map.json says, once all files are there."""
    visit.page.locator("#prepare-files").click()
    links = visit.page.locator("#exported-files a[download]")
    expect(links).to_have_count(4)
    visit.answered()
    for number in range(4):
        with visit.page.expect_download() as download:
            links.nth(number).click()
        download.value.save_as(folder / download.value.suggested_filename)
    return json.loads((folder / "map.json").read_text())


def link_of(visit: Visit, *parts: str) -> str:
    unfold(visit, "Numbers, download and link")
    field = visit.page.locator("#permalink").locator("textarea, input").first
    for part in (*parts, "release="):
        expect(field).to_have_value(re.compile(part))
    visit.answered()
    return field.input_value()


def test_a_visitor_goes_from_an_upload_to_files_and_a_link_that_reproduces_the_view(browser, visit, tmp_path: Path):
    Image.open(EXAMPLES / "truck.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "mirrored.png")
    visit.page.locator("#picture input[type=file]").set_input_files(str(tmp_path / "mirrored.png"))
    expect(visit.page.locator("#gradcam-label")).to_contain_text("truck")
    choose(visit, "Explain", "ship")
    choose(visit, "Method", "LayerCAM (gradients)")
    choose(visit, "Layer, and its cells", "5 of 6: 4×4 cells")
    expect(visit.page.locator("#gradcam-sentence")).to_contain_text("ship")
    expect(visit.page.locator("#evidence-sentence")).to_contain_text("The score of ship is")
    click_cell(visit.page.locator("#ledger img"), column=1, row=2)
    expect(visit.page.locator("#erased-sentence")).to_contain_text("Without B3 the score of ship would change by")
    link = link_of(visit, "class=ship", "method=layer_cam", "layer=custom_block3", "upload=")
    sentence = visit.page.locator("#gradcam-sentence p").inner_text()
    document = exported(visit, tmp_path)
    assert {key: document[key] for key in ("class", "method", "layer", "sentence")} == {
        "class": "ship", "method": "layer_cam", "layer": "custom_block3", "sentence": sentence
    }  # fmt: skip
    assert np.allclose(np.load(tmp_path / "map.npy"), document["map"])
    with Image.open(tmp_path / "overlay-32.png") as small:
        assert small.size == (32, 32)
    other = Visit(browser.new_context().new_page())
    other.open(link)
    expect(other.page.locator("#gradcam-sentence p")).to_have_text(sentence)
    expect(other.page.locator("#gradcam-label")).to_contain_text("truck")
    assert link_of(other, "class=ship", "upload=") == link
    assert other.errors == []
    assert other.settles()
    assert max(other.asked.values()) <= QUESTIONS_TO_A_HANDLER, other.asked
    other.page.context.close()


def test_a_page_that_nobody_touches_asks_nothing_even_after_many_quick_changes(visit):
    for name in ("ship", "dog", "cat"):
        choose(visit, "Explain", name)
    assert visit.settles()


def test_a_link_of_another_release_says_so_and_shows_what_this_one_answers(browser, visit):
    visit.page.locator("#examples button.thumbnail-item").nth(9).click()
    expect(visit.page.locator("#gradcam-label")).to_contain_text("truck")
    visit.answered()
    other = Visit(browser.new_context().new_page())
    other.open(re.sub("release=[0-9a-f]*", "release=0000000", link_of(visit)))
    expect(other.page.locator("#link-note")).to_contain_text("made with release 0000000; you see what release")
    expect(other.page.locator("#gradcam-label")).to_contain_text("truck")
    other.page.context.close()


def test_a_link_to_an_upload_that_is_gone_says_so(browser, app, release):
    other = Visit(browser.new_context().new_page())
    other.open(f"{app.url}?upload={'0' * 64}&release={release.identifier}")
    expect(other.page.locator("#link-note")).to_contain_text("no longer here")
    other.page.context.close()
