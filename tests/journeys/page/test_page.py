"""The page in a real browser, as its visitors meet it."""

import re
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browsing import DESKTOP, FIRST_PICTURE, PHONE, TABS, Visit
from tests.browsing.axe import to_mend, violations
from tests.conftest import EXAMPLES

pytestmark = pytest.mark.browser
# Words that a narrow screen would cut off; tables and the line of examples can be pushed along.
BEYOND_THE_EDGE = """
() => [...document.querySelectorAll("label, span, p, button, h1")]
  .filter((each) => each.checkVisibility() && each.textContent.trim())
  .filter((each) => !each.closest(".table-wrap, #panel .grid-container"))
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && each.getBoundingClientRect().width > 1)
  .map((each) => each.textContent.trim().slice(0, 60))
"""


def test_a_first_visit_finds_an_example_explained(visit):
    expect(visit.page.locator("#gradcam-label")).to_contain_text("cat")
    expect(visit.page.locator("#gradcam-sentence")).to_contain_text("cat")
    expect(visit.page.locator("#seen img")).to_be_visible()


def test_the_header_says_how_good_the_network_is_and_which_release_it_is(visit, release):
    header = visit.page.locator("#header")
    expect(header).to_contain_text(f"{release.test_accuracy:.2%}")
    expect(header).to_contain_text(release.identifier)
    expect(header).to_contain_text("bundled")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_headers_api_link_opens_the_documentation_of_the_endpoints(browser, app, size):
    context = browser.new_context(viewport=size)
    visit = Visit(context.new_page())
    visit.open(app.url)
    visit.page.locator("#header").get_by_text("API", exact=True).click()
    panel = visit.page.get_by_role("dialog", name="Use via API")
    expect(panel.get_by_text("side_by_side", exact=True)).to_be_visible()  # as a tool for agents, which come first
    panel.get_by_text("Python", exact=True).first.click()
    expect(panel.get_by_text("/gradcam").first).to_be_visible()
    assert visit.errors == []
    context.close()


def test_every_tab_opens_with_a_picture_and_no_error_and_asks_no_other_host(visit):
    for tab in TABS:
        visit.show(tab)
        expect(visit.page.locator(FIRST_PICTURE[tab]).first).to_be_visible()
    assert visit.settles()
    assert visit.errors == []
    assert visit.hosts <= {"127.0.0.1", "localhost", ""}


def test_of_two_clicks_in_quick_succession_the_second_counts(visit):
    for number in (3, 9):
        visit.page.locator("#examples button.thumbnail-item").nth(number).dispatch_event("click")
    expect(visit.page.locator("#gradcam-label")).to_contain_text("truck")


def test_clicking_an_example_explains_it(visit):
    before = visit.page.locator(FIRST_PICTURE["GradCAM"]).get_attribute("src")
    visit.page.locator("#examples button.thumbnail-item").nth(9).click()
    expect(visit.page.locator("#gradcam-label")).to_contain_text("truck")
    expect(visit.page.locator(FIRST_PICTURE["GradCAM"])).not_to_have_attribute("src", before or "")
    assert visit.errors == []


def test_uploading_a_picture_explains_it(visit):
    visit.page.get_by_label("Remove Image").or_(visit.page.locator("#picture button[aria-label='Clear']")).first.click()
    visit.page.locator("#picture input[type=file]").first.set_input_files(str(EXAMPLES / "ship.png"))
    expect(visit.page.locator("#gradcam-label")).to_contain_text("ship")


def test_a_picture_that_the_browser_does_not_know_is_shown_and_it_is_the_picture_itself_that_is_explained(
    visit, tmp_path: Path
):
    sent: list[str] = []
    visit.page.on("request", lambda request: sent.append(request.post_data or "") if "join" in request.url else None)
    with Image.open(EXAMPLES / "truck.png") as truck:
        pillow_heif.from_pillow(truck.resize((96, 96))).save(tmp_path / "phone.heic", quality=90)
    visit.page.locator("#picture input[type=file]").first.set_input_files(str(tmp_path / "phone.heic"))
    expect(visit.page.locator("#gradcam-label")).to_contain_text("truck")
    expect(visit.page.locator("#picture img")).to_have_attribute("src", re.compile("/preview.png$"))
    drawn = "image => image.decode().then(() => image.naturalWidth)"
    assert visit.page.locator("#picture img").evaluate(drawn) == 96
    visit.answered()
    sent.clear()
    visit.page.get_by_label("Smooth between cells").check()
    visit.answered()
    assert any("phone.heic" in each for each in sent)
    visit.page.locator("#examples button.thumbnail-item").nth(8).click()
    expect(visit.page.locator("#picture img")).to_have_attribute("src", re.compile("/ship.png$"))
    assert visit.errors == []


def test_a_broken_file_is_told_once_and_goes_with_what_was_said_of_the_picture_before(visit, tmp_path: Path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n broken")
    visit.page.get_by_label("Remove Image").or_(visit.page.locator("#picture button[aria-label='Clear']")).first.click()
    visit.page.locator("#picture input[type=file]").first.set_input_files(str(broken))
    visit.is_told_once("could not be read as a picture; use an undamaged PNG")
    expect(visit.page.locator("#picture img")).to_have_count(0)
    expect(visit.page.locator("#gradcam-label")).to_be_hidden()
    visit.page.locator("#examples button.thumbnail-item").nth(8).click()
    expect(visit.page.locator("#gradcam-label")).to_contain_text("ship")


def test_moving_a_control_changes_the_answer(visit):
    pictures = [visit.page.locator(each) for each in (FIRST_PICTURE["GradCAM"], "#ledger img", "#ledger-classes img")]
    before = [each.get_attribute("src") for each in pictures]
    visit.page.get_by_label("Smooth between cells").check()
    for picture, source in zip(pictures, before, strict=True):
        expect(picture).not_to_have_attribute("src", source or "")


def test_a_slider_answers_to_the_keyboard(visit):
    visit.show("Feature maps")
    before = visit.page.locator(FIRST_PICTURE["Feature maps"]).get_attribute("src")
    visit.page.get_by_label(re.compile("^range slider for Channel")).focus()
    visit.page.keyboard.press("ArrowRight")
    expect(visit.page.locator(FIRST_PICTURE["Feature maps"])).not_to_have_attribute("src", before or "")


def test_small_pictures_are_enlarged_by_whole_factors(visit):
    size = visit.page.locator(FIRST_PICTURE["GradCAM"]).evaluate("image => [image.clientWidth, image.naturalWidth]")
    assert size[0] == size[1] and size[1] % 32 == 0


def test_another_layers_kernels_come_with_its_own_input_channels(visit):
    visit.show("Kernels")
    before = visit.page.locator(FIRST_PICTURE["Kernels"]).get_attribute("src")
    visit.page.get_by_label("Layer", exact=True).last.click()
    visit.page.get_by_role("option", name=re.compile("resnet_block3.3")).click()
    expect(visit.page.locator(FIRST_PICTURE["Kernels"])).not_to_have_attribute("src", before or "")
    expect(visit.page.get_by_label(re.compile("range slider for Input channel|Input channel")).first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_tab_scrolls_sideways(browser, app, size, scheme):
    context = browser.new_context(viewport=size, color_scheme=scheme)
    visit = Visit(context.new_page())
    visit.open(app.url)
    for tab in TABS:
        visit.show(tab)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert visit.page.evaluate(BEYOND_THE_EDGE) == []
    context.close()


def test_text_has_contrast_and_controls_have_names_in_the_dark_and_without_a_picture(browser, app):
    context = browser.new_context(viewport=DESKTOP, color_scheme="dark")
    visit = Visit(context.new_page())
    visit.open(app.url)
    for tab in TABS:
        visit.show(tab)
        assert to_mend(violations(visit.page)) == set()
    visit.page.get_by_label("Remove Image").or_(visit.page.locator("#picture button[aria-label='Clear']")).first.click()
    assert to_mend(violations(visit.page, within="#picture")) == set()
    context.close()
