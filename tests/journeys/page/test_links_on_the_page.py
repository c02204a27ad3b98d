"""Links to the Feature maps and the Kernels tab: taken from one page, followed on a fresh one."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browsing import DESKTOP, Visit, choose, unfold

pytestmark = pytest.mark.browser
OPEN_TAB = "[role=tab][aria-selected=true]"


@contextmanager
def followed(browser, link: str) -> Iterator[Visit]:
    """A fresh page at this link."""
    context = browser.new_context(viewport=DESKTOP)
    visit = Visit(context.new_page())
    visit.page.goto(link)
    yield visit
    context.close()


def fingerprint(visit: Visit, selector: str) -> str:
    visit.page.locator(selector).scroll_into_view_if_needed()  # pictures far below are loaded when they come near
    picture = visit.page.locator(f"{selector} img")
    picture.wait_for()
    return hashlib.sha256(visit.page.request.get(picture.get_attribute("src") or "").body()).hexdigest()


def link_with(visit: Visit, field: str, *parts: str) -> str:
    """The link, once all of these are part of it."""
    for part in parts:
        expect(visit.page.locator(f"{field} textarea, {field} input")).to_have_value(
            re.compile(f"{re.escape(part)}(&|$)")
        )
    return visit.page.locator(f"{field} textarea, {field} input").input_value()


def test_a_link_to_feature_maps_shows_the_same_picture_layer_channel_and_cell_again(browser, visit):
    visit.page.locator("#examples button.thumbnail-item").nth(9).click()
    expect(visit.page.locator("#gradcam-label")).to_contain_text("truck")
    visit.show("Feature maps")
    choose(visit, "Layer whose channels are all shown below", "2: custom_block1, 16×16")
    unfold(visit, "Which number, which order, which scale")
    choose(visit, "Order", "strongest response first")
    visit.page.get_by_label("one for the layer").check()
    visit.page.get_by_label("Open channel, of the layer above").fill("9")
    visit.page.keyboard.press("Tab")
    expect(visit.page.locator("#cell-arithmetic")).to_contain_text("Channel 9 of custom_block1 is ")
    visit.answered()
    for name, place in (("Row", "3"), ("Column", "12")):
        visit.page.get_by_label(name, exact=True).fill(place)
        visit.page.keyboard.press("Tab")
    steps = visit.page.locator("#cell-arithmetic")
    expect(steps).to_contain_text("at row 3, column 12.")
    visit.answered()
    unfold(visit, "Link to this view")
    link = link_with(visit, "#maps-link", "example=truck.png", "layer=custom_block1", "sort=response", "scale=layer",
                     "open=9", "row=3", "column=12")  # fmt: skip
    visit.answered()
    pictures = ("#feature-maps-grid", "#channel-map", "#receptive-field")
    sentences = ("#feature-maps-sentence", "#cell-arithmetic", "#without-channel", "#maps-dossier-sentence")
    shown = [fingerprint(visit, each) for each in pictures]
    told = [visit.page.locator(each).inner_text() for each in sentences]
    with followed(browser, link) as other:
        expect(other.page.locator(OPEN_TAB)).to_have_text("Feature maps")
        for sentence, words in zip(sentences, told, strict=True):
            expect(other.page.locator(sentence)).to_have_text(words, use_inner_text=True)
        assert other.settles()
        assert [fingerprint(other, each) for each in pictures] == shown
        expect(other.page.locator("#link-note")).to_be_hidden()
        other.page.get_by_label("Open channel, of the layer above").fill("10")
        other.page.keyboard.press("Tab")
        expect(other.page.locator("#cell-arithmetic")).to_contain_text("Channel 10 of custom_block1 is ")
        expect(other.page.locator("#cell-arithmetic")).not_to_contain_text("at row 3, column 12.")
        assert other.errors == []


def test_a_link_to_kernels_shows_the_same_layer_kernel_and_order_again(browser, visit):
    visit.show("Kernels")
    choose(visit, "Layer", "3: resnet_block1.0, 128 kernels, 128 inputs")
    expect(visit.page.locator("#kernel-line")).to_contain_text("Kernel 0 of resnet_block1.0")
    visit.answered()
    visit.page.get_by_label("by norm, strongest first").check()
    visit.page.get_by_label("Fold batch norm in").check()
    visit.page.locator("#kernels-input input[type=number]").fill("5")
    visit.page.keyboard.press("Tab")
    visit.page.locator("#kernel input").fill("40")
    visit.page.keyboard.press("Tab")
    expect(visit.page.locator("#kernel-line")).to_contain_text("Kernel 40 of resnet_block1.0: folded norm")
    visit.answered()
    unfold(visit, "Link to this view")
    link = link_with(visit, "#kernels-link", "layer=resnet_block1.0", "input=5", "kernel=40", "folded=yes", "sort=norm")
    visit.answered()
    pictures = ("#kernels-picture", "#kernel-picture", "#kernels-histogram")
    sentences = ("#kernels-sentence", "#kernel-line", "#kernels-findings", "#kernels-dossier-sentence")
    shown = [fingerprint(visit, each) for each in pictures]
    told = [visit.page.locator(each).inner_text() for each in sentences]
    with followed(browser, link) as other:
        expect(other.page.locator(OPEN_TAB)).to_have_text("Kernels")
        for sentence, words in zip(sentences, told, strict=True):
            expect(other.page.locator(sentence)).to_have_text(words, use_inner_text=True)
        assert other.settles()
        assert [fingerprint(other, each) for each in pictures] == shown
        assert other.errors == []


def test_a_link_that_asks_for_what_there_is_not_shows_the_nearest_and_says_so_in_one_sentence(browser, app, release):
    query = "?tab=feature_maps&example=tiger.png&layer=conv9&channel=900&open=7&release=0000000"
    with followed(browser, app.url + query) as visit:
        expect(visit.page.locator("#link-note")).to_have_text(
            "There is no example tiger.png. This link asks for channel '900' and layer 'conv9', which does not exist "
            "here: you see channel 63 and layer prep_layer instead. This link was made with release 0000000; you see "
            f"what release {release.identifier} says, which may differ."
        )
        expect(visit.page.locator("#cell-arithmetic")).to_contain_text("Channel 7 of prep_layer is ")
        expect(visit.page.locator("#feature-maps-sentence")).to_contain_text("63")
        assert visit.errors == []


def test_a_link_to_a_tab_that_there_is_not_says_so_and_shows_the_first_answer(browser, app):
    with followed(browser, f"{app.url}?tab=layers") as visit:
        expect(visit.page.locator("#link-note")).to_contain_text("asks for tab 'layers'")
        visit.page.wait_for_selector("#gradcam-overlay img")
        assert visit.errors == []
