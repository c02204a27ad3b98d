"""Kernels on the page: a layer, one of its kernels with all of its inputs, by mouse and by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests.browsing import PHONE, Visit, choose

pytestmark = pytest.mark.browser
PICTURE = "#kernels-picture img"


@pytest.fixture(scope="module")
def by_norm(network) -> list[int]:
    """The numbers of the first layer's kernels, the strongest first."""
    norms = network.state_dict()["prep_layer.0.weight"].flatten(1).norm(dim=1)
    return norms.argsort(descending=True).tolist()


def click_kernel(visit: Visit, row: int, column: int, pitch: int) -> None:
    """Clicks the middle of a kernel, of which so many pixels of the picture lie between one and the next."""
    visit.answered()
    picture = visit.page.locator(PICTURE)
    factor = picture.evaluate("image => image.clientWidth / image.naturalWidth")
    x, y = 12 + pitch * (column + 0.45), 48 + pitch * (row + 0.45)
    picture.click(position={"x": x * factor, "y": y * factor})


def line(visit: Visit):
    return visit.page.locator("#kernel-line")


def test_nothing_is_drawn_before_the_tab_is_opened(visit):
    assert visit.settles()
    assert visit.page.locator(PICTURE).count() == 0
    before = sum(visit.asked.values())
    visit.show("Kernels")
    assert visit.settles() and sum(visit.asked.values()) - before <= 3


def test_a_click_on_a_kernel_shows_its_inputs_and_tells_what_it_is_like(visit):
    visit.show("Kernels")
    expect(line(visit)).to_contain_text("Kernel 0 of prep_layer")
    shown = visit.page.locator("#kernel-picture img")
    before = shown.get_attribute("src")
    click_kernel(visit, 7, 3, 79)
    expect(line(visit)).to_contain_text("Kernel 59 of prep_layer")
    expect(line(visit)).to_contain_text("nearest sibling is kernel 2, cosine similarity \u22120.84")
    expect(visit.page.locator("#kernel input")).to_have_value("59")
    expect(shown).not_to_have_attribute("src", before or "")
    assert visit.settles() and visit.errors == []


def test_in_order_of_norm_a_click_still_chooses_the_kernel_that_is_shown_there(visit, by_norm):
    visit.show("Kernels")
    visit.page.get_by_label("by norm, strongest first").check()
    expect(visit.page.locator("#kernels-findings")).to_contain_text("The strongest come first")
    click_kernel(visit, 1, 2, 79)
    expect(line(visit)).to_contain_text(f"Kernel {by_norm[10]} of prep_layer")
    expect(line(visit)).to_contain_text("number 11 of 64 by norm")


def test_another_layer_comes_with_its_own_kernels_inputs_and_findings(visit):
    visit.show("Kernels")
    expect(visit.page.locator("#kernels-frequencies img")).to_be_visible()
    click_kernel(visit, 7, 3, 79)
    expect(line(visit)).to_contain_text("Kernel 59")
    visit.page.get_by_label("Layer", exact=True).last.click()
    visit.page.get_by_role("option", name=re.compile("custom_block3, 512 kernels")).click()
    expect(visit.page.locator("#kernels-sentence")).to_contain_text("512 kernels of custom_block3 does to channel 0")
    expect(line(visit)).to_contain_text("Kernel 0 of custom_block3")
    expect(visit.page.locator("#kernels-frequencies")).to_be_hidden()
    visit.page.get_by_label(re.compile("Fold batch norm in")).check()
    expect(visit.page.locator("#kernels-findings")).to_contain_text("no scale is negative")
    click_kernel(visit, 15, 31, 19)
    expect(line(visit)).to_contain_text("Kernel 511 of custom_block3: folded norm")
    assert visit.settles() and visit.errors == []


def test_a_kernel_is_chosen_by_the_keyboard_alone(visit):
    visit.show("Kernels")
    layer = visit.page.get_by_label("Layer", exact=True).last
    layer.focus()
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.type("resnet_block1")
    visit.page.keyboard.press("Enter")
    expect(line(visit)).to_contain_text("Kernel 0 of resnet_block1.0")
    visit.answered()
    visit.page.locator("#kernel input").focus()
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.type("7")
    visit.page.keyboard.press("ArrowUp")
    expect(line(visit)).to_contain_text("Kernel 8 of resnet_block1.0")
    assert visit.errors == []


def test_another_layer_brings_the_dossier_of_its_own_first_channel_and_its_kernels_by_what_is_lost(visit):
    visit.show("Kernels")
    dossier = visit.page.locator("#kernels-dossier-sentence")
    visit.page.locator("#kernel input").fill("40")
    visit.page.keyboard.press("Tab")
    expect(dossier).to_contain_text("Channel 40 of prep_layer")
    visit.page.get_by_label("by what is lost without it").check()
    choose(visit, "Layer", "2: custom_block1, 128 kernels, 64 inputs")
    choose(visit, "Layer", "8: resnet_block3.3, 512 kernels, 512 inputs")
    expect(visit.page.locator("#kernels-findings")).to_contain_text("without which most is lost come first")
    expect(dossier).to_contain_text("Channel 0 of resnet_block3.3")
    visit.answered()
    assert visit.errors == []


def test_a_kernel_that_is_not_there_is_answered_in_one_sentence(visit):
    visit.show("Kernels")
    visit.page.locator("#kernel input").fill("64")
    visit.is_told("must be a whole number from 0 to 63, got 64")
    visit.page.locator("#kernel input").fill("63")
    expect(line(visit)).to_contain_text("Kernel 63 of prep_layer")


def test_on_a_phone_what_is_told_of_a_clicked_kernel_scrolls_into_view(browser, app):
    context = browser.new_context(viewport=PHONE)
    visit = Visit(context.new_page())
    visit.open(app.url)
    visit.show("Kernels")
    click_kernel(visit, 0, 5, 79)
    expect(line(visit)).to_contain_text("Kernel 5 of prep_layer")
    expect(line(visit)).to_be_in_viewport()
    context.close()
