"""Feature maps on the page: from a layer's channels to one of them, to one of its cells, and the network without it."""

import pytest
from playwright.sync_api import expect

from interpret.drawing.render import panel_origin
from tests.browsing import Visit, choose, unfold

pytestmark = pytest.mark.browser
LEFT, TOP = panel_origin(8 * 98 - 2)


def click_pixel(visit: Visit, selector: str, x: int, y: int) -> None:
    """A click on a pixel of a picture, whatever size the page gives it."""
    visit.answered()
    image = visit.page.locator(f"{selector} img")
    image.scroll_into_view_if_needed()
    box, width = image.bounding_box(), image.evaluate("image => image.naturalWidth")
    factor = box["width"] / width
    image.click(position={"x": x * factor, "y": y * factor})


def test_from_the_grid_to_a_channel_to_a_cell_and_its_arithmetic(visit, network):
    visit.show("Feature maps")
    expect(visit.page.locator("#cell-arithmetic")).to_contain_text("Channel 0 of prep_layer is ")
    click_pixel(visit, "#feature-maps-grid", LEFT + 2 * 98 + 10, TOP + 98 + 10)
    expect(visit.page.get_by_label("Open channel, of the layer above")).to_have_value("10")
    steps = visit.page.locator("#cell-arithmetic")
    expect(steps).to_contain_text("Channel 10 of prep_layer is ")
    left, top = panel_origin(288)
    click_pixel(visit, "#channel-map", left + 9 * 7 + 4, top + 9 * 20 + 4)
    expect(steps).to_contain_text("at row 20, column 7. The products sum to")
    expect(steps).to_contain_text("It sees rows 19 to 21 and columns 6 to 8")
    expect(visit.page.locator("#receptive-field img")).to_be_visible()
    expect(visit.page.locator("#without-channel")).to_contain_text("Without channel 10 of prep_layer")
    assert visit.errors == []


def test_an_open_channel_has_its_dossier_in_both_tabs(visit, release):
    visit.show("Feature maps")
    sentence = visit.page.locator("#maps-dossier-sentence")
    expect(sentence).to_contain_text("Channel 0 of prep_layer responds most to ")
    choose(visit, "Layer whose channels are all shown below", "6: resnet_block3, 4×4")
    visit.page.get_by_label("Open channel, of the layer above").fill("317")
    visit.page.keyboard.press("Tab")
    expect(sentence).to_contain_text("Channel 317 of resnet_block3 responds most to ")
    expect(sentence).to_contain_text("test pictures are right, 94.73% with it")
    captions = visit.page.locator("#maps-dossier-pictures .caption-label")
    expect(captions).to_have_count(9)
    first = release.channels["resnet_block3"].strongest[317, 0]
    expect(captions.first).to_contain_text(release.config.class_names[release.gallery.labels[first]])
    visit.show("Kernels")
    expect(visit.page.locator("#kernels-dossier-sentence")).to_contain_text("Channel 0 of prep_layer responds most to ")
    visit.page.locator("#kernel input").fill("5")
    visit.page.keyboard.press("Tab")
    expect(visit.page.locator("#kernels-dossier-sentence")).to_contain_text("Channel 5 of prep_layer responds most to ")
    expect(visit.page.locator("#kernels-dossier-pictures .caption-label")).to_have_count(9)
    assert visit.errors == []


def test_the_training_pictures_that_are_most_alike_follow_the_picture(visit):
    visit.show("Feature maps")
    unfold(visit, "Training pictures that the network finds")
    sentence = visit.page.locator("#similar-sentence")
    expect(sentence).to_contain_text("the 9 that are nearest to this picture")
    expect(visit.page.locator("#similar-pictures .caption-label")).to_have_count(9)
    before = sentence.inner_text()
    visit.page.locator("#examples button.thumbnail-item").nth(9).click()
    expect(sentence).not_to_have_text(before)
    expect(visit.page.locator("#similar-pictures .caption-label").first).to_contain_text("truck, distance")


def test_the_same_by_the_keyboard(visit):
    visit.show("Feature maps")
    visit.page.get_by_label("Open channel, of the layer above").fill("5")
    visit.page.keyboard.press("Tab")
    expect(visit.page.locator("#cell-arithmetic")).to_contain_text("Channel 5 of prep_layer is ")
    visit.page.get_by_label("Row", exact=True).fill("3")
    visit.page.keyboard.press("Tab")
    expect(visit.page.locator("#cell-arithmetic")).to_contain_text("at row 3, column ")


def test_channels_are_sorted_and_scaled_as_asked_for(visit):
    visit.show("Feature maps")
    grid = visit.page.locator("#feature-maps-grid img")
    unfold(visit, "Which number, which order, which scale")
    for change in (
        lambda: choose(visit, "Order", "strongest response first"),
        lambda: visit.page.get_by_label("one for the layer").check(),
        lambda: choose(visit, "Number of the computation", "after batch norm, before ReLU"),
    ):
        before = grid.get_attribute("src")
        change()
        expect(grid).not_to_have_attribute("src", before or "")
        visit.answered()
    choose(visit, "Layer whose channels are all shown below", "6: resnet_block3, 4×4")
    expect(visit.page.locator("#feature-maps-sentence")).to_contain_text("resnet_block3 has two convolutions")
    choose(visit, "Number of the computation", "what the layer hands on")
    expect(visit.page.locator("#feature-maps-sentence")).to_contain_text("in resnet_block3, ")


def test_nothing_is_computed_while_the_tab_is_closed_and_the_present_picture_when_it_opens(visit):
    visit.show("Feature maps")
    source = visit.page.locator("#feature-maps-grid img").get_attribute("src")
    visit.show("GradCAM")
    visit.page.locator("#examples button.thumbnail-item").nth(9).click()
    expect(visit.page.locator("#gradcam-label")).to_contain_text("truck")
    assert visit.settles()
    assert visit.page.locator("#feature-maps-grid img").get_attribute("src") == source
    visit.page.get_by_role("tab", name="Feature maps", exact=True).click()
    expect(visit.page.locator("#feature-maps-grid img")).not_to_have_attribute("src", source or "")
