"""What a newcomer does first: looks, uploads a photo, takes it away again, uses the keyboard or a phone."""

import json
import re
import urllib.request

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browsing import PHONE, Visit, unfold
from tests.conftest import EXAMPLES

pytestmark = pytest.mark.browser
FOCUSED = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
NAMES_OF_CODE = re.compile(r"resnet_block|custom_block|prep_layer|ROAD|HiResCAM|100%")


def test_the_first_view_needs_no_manual_and_names_nothing_of_the_code(visit, release):
    first = visit.page.locator("body").inner_text()
    assert not NAMES_OF_CODE.search(first)
    assert re.search(r"over 99%", first), "the first example's confidence is 99.6%"
    visit.page.get_by_text("What is this?").click()
    about = visit.page.locator("#header details")
    for name in release.config.class_names:
        expect(about).to_contain_text(name)
    expect(about).to_contain_text("logit")


def test_a_page_opens_with_its_answers_and_asks_nothing_for_what_nobody_has_opened(visit, app):
    with urllib.request.urlopen(f"{app.url}/config") as answer:
        config = json.load(answer)
    names = {each["id"]: each["props"].get("elem_id") for each in config["components"]}
    asked = {names[each] for event in config["dependencies"] if visit.asked[event["id"]] for each in event["outputs"]}
    assert asked - {None} == {"seen", "fit"} and visit.asked.total() == 1
    for picture in ("#seen", "#gradcam-overlay", "#gradcam-cells", "#ledger", "#ledger-classes", "#erased-picture"):
        expect(visit.page.locator(f"{picture} img")).to_be_visible()
    expect(visit.page.locator("#gradcam-overlay")).to_contain_text("Evidence for cat")
    visit.page.locator("#examples button.thumbnail-item").nth(9).click()
    expect(visit.page.locator("#gradcam-overlay")).to_contain_text("Evidence for truck")
    visit.answered()
    asked = {names[each] for event in config["dependencies"] if visit.asked[event["id"]] for each in event["outputs"]}
    assert {"gradcam-overlay", "ledger", "erased-picture"} <= asked
    closed = {"feature-maps-stages", "channel-map", "similar-pictures", "kernels-picture", "misclassified-gallery"}
    assert not closed & asked and closed <= {*names.values()}


def test_a_picture_that_is_cut_off_is_shown_whole_by_one_click(visit, tmp_path):
    wide = Image.new("RGB", (640, 256), "white")
    wide.paste(Image.open(EXAMPLES / "ship.png").resize((256, 256)), (384, 0))
    wide.save(tmp_path / "wide.png")
    visit.page.locator("#picture input[type=file]").set_input_files(tmp_path / "wide.png")
    offer = visit.page.get_by_role("button", name="60% is cut off: show the whole picture")
    offer.click()
    expect(visit.page.get_by_label("fit, on white")).to_be_checked()
    expect(offer).to_be_hidden()
    expect(visit.page.locator("#gradcam-label")).to_contain_text("ship")


def test_an_example_from_below_brings_the_picture_into_view_with_what_is_known_of_it(visit):
    visit.page.set_viewport_size({"width": 1280, "height": 500})
    coffee = visit.page.locator("#photographs button.thumbnail-item").nth(5)
    coffee.scroll_into_view_if_needed()
    expect(visit.page.locator("#picture")).not_to_be_in_viewport()
    coffee.click()
    expect(visit.page.locator("#picture")).to_be_in_viewport(ratio=0.9)
    expect(visit.page.locator("#about-picture")).to_contain_text("none of the classes that the network knows")


def test_what_is_said_of_a_picture_goes_with_it_and_comes_with_the_next(visit):
    visit.page.get_by_label("Remove Image").click()
    for tab in ("GradCAM", "Feature maps"):
        visit.page.get_by_role("tab", name=tab, exact=True).click()
        expect(visit.page.get_by_text("Choose a picture first").locator("visible=true")).to_have_count(1)
    for gone in ("#seen", "#gradcam-sentence", "#gradcam-label", "#ledger", "#feature-maps-stages"):
        expect(visit.page.locator(gone)).to_be_hidden()
    visit.page.get_by_role("tab", name="GradCAM", exact=True).click()
    visit.page.locator("#examples button.thumbnail-item").nth(9).click()
    expect(visit.page.locator("#gradcam-label")).to_contain_text("truck")
    expect(visit.page.locator("#seen")).to_be_visible()
    assert visit.errors == []


def test_how_reliable_a_warning_is_stands_behind_it_and_is_not_there_without_one(visit, tmp_path):
    reliability = visit.page.get_by_role("button", name="How reliable is this warning?")
    expect(reliability).to_be_hidden()
    Image.new("RGB", (64, 64), "grey").save(tmp_path / "grey.png")
    visit.page.locator("#picture input[type=file]").set_input_files(tmp_path / "grey.png")
    expect(visit.page.locator("#warning")).to_contain_text("Probably none of the 10 classes")
    unfold(visit, "How reliable is this warning")
    expect(visit.page.locator("#reliability")).to_contain_text("wrongly flags 4.6% of the 10,000 test pictures")


def test_at_most_eight_tab_stops_lead_to_the_first_tab_and_one_skips_them(visit):
    keyboard, met = visit.page.keyboard, []
    while "GradCAM" not in met:
        keyboard.press("Tab")
        met.append(visit.page.evaluate(FOCUSED))
        assert len(met) <= 9, met
    assert met[0] == "Skip to the answer"
    visit.page.reload()
    visit.page.wait_for_selector("#gradcam-overlay img")
    keyboard.press("Tab")
    keyboard.press("Enter")
    assert visit.page.evaluate(FOCUSED) == "GradCAM"


def test_arrow_keys_move_among_examples_which_say_what_they_are(visit):
    keyboard = visit.page.keyboard
    visit.page.locator("#examples .thumbnail-item").first.focus()
    assert visit.page.evaluate(FOCUSED) == "airplane"
    keyboard.press("ArrowRight")
    assert visit.page.evaluate(FOCUSED) == "automobile"
    for _ in range(9):
        keyboard.press("ArrowDown")
    assert visit.page.evaluate(FOCUSED) == "bird, taken for dog", "what it gets wrong comes after what it gets right"
    keyboard.press("ArrowLeft")
    keyboard.press("Enter")
    expect(visit.page.locator("#gradcam-label")).to_contain_text("truck")


def test_a_list_closes_when_the_focus_leaves_it(visit):
    for name, beside in (("Explain", "Method"), ("Compare with", "Explain")):
        visit.page.get_by_label(name, exact=True).first.focus()
        visit.page.keyboard.press("ArrowDown")
        expect(visit.page.get_by_label(name, exact=True).first).to_have_attribute("aria-expanded", "true")
        visit.page.get_by_label(beside, exact=True).first.focus()
        expect(visit.page.get_by_label(name, exact=True).first).to_have_attribute("aria-expanded", "false")


def test_on_a_phone_the_answer_stands_within_the_first_screen_and_a_half(browser, app):
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    visit = Visit(context.new_page())
    visit.open(app.url)
    for shown in ("#gradcam-sentence", "#gradcam-label"):
        box = visit.page.locator(shown).bounding_box()
        assert box["y"] + box["height"] <= 1.5 * PHONE["height"], shown
    picture, seen = (visit.page.locator(each).bounding_box() for each in ("#picture", "#seen"))
    assert picture["y"] == seen["y"] and seen["x"] > picture["x"], "side by side"
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()
