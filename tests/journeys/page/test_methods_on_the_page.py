"""Methods on the GradCAM tab in a real browser: what is shown first, what is measured, and all side by side."""

import re

import pytest
from playwright.sync_api import expect

from tests.browsing import PHONE, Visit, choose, held, show_a_new_picture, unfold

pytestmark = pytest.mark.browser


def test_the_first_map_is_of_a_method_that_adds_up_and_the_line_below_says_to_what(visit):
    expect(visit.page.get_by_label("Method", exact=True)).to_have_value("Shared credit (adds up)")
    balance = visit.page.locator("#balance")
    expect(balance).to_have_text(re.compile(r"Score of cat: (\S+) logits = \1 from the cells of layer 6\.\s*"))
    expect(visit.page.locator("#faithfulness")).to_contain_text("Shared credit calls unimportant leaves +0.44")


def test_a_method_whose_cells_do_not_add_up_says_so_in_the_same_line(visit):
    choose(visit, "Method", "Grad-CAM (gradients)")
    expect(visit.page.locator("#balance")).to_contain_text("Grad-CAM's own cells do not add up to it.")


def test_at_an_earlier_layer_the_line_says_what_the_constants_add(visit):
    choose(visit, "Layer, and its cells", "2 of 6: 16×16 cells")
    expect(visit.page.get_by_label("Method", exact=True)).to_have_value("Grad-CAM (gradients)")
    expect(visit.page.locator("#balance")).to_contain_text("from the constants of the layers after it")
    assert visit.errors == []


def test_a_method_of_the_last_layer_brings_the_page_back_to_it(visit):
    choose(visit, "Method", "Grad-CAM (gradients)")
    choose(visit, "Layer, and its cells", "2 of 6: 16×16 cells")
    expect(visit.page.locator("#balance")).to_contain_text("from the cells of layer 2")
    choose(visit, "Method", "Shared credit (adds up)")
    expect(visit.page.get_by_label("Layer, and its cells", exact=True)).to_have_value("6 of 6: 4×4 cells")
    expect(visit.page.locator("#balance")).to_have_text(re.compile(r"from the cells of layer 6\.\s*$"))
    assert visit.settles()


def test_the_ledger_changes_with_the_credit_and_still_adds_up_to_the_same(visit):
    sentence, ledger = visit.page.locator("#evidence-sentence"), visit.page.locator("#ledger img")
    score, before = re.compile(r"The score of cat is (\S+) logits"), ledger.get_attribute("src")
    said = score.search(sentence.inner_text())
    visit.page.get_by_label("all to the strongest cell").check()
    expect(ledger).not_to_have_attribute("src", before or "")
    visit.answered()
    now = score.search(sentence.inner_text())
    assert said and now and said.group(1) == now.group(1)


def test_where_the_score_comes_from_is_drawn_layer_by_layer(visit):
    assert visit.settles()
    before = visit.asked.copy()
    unfold(visit, "How to read this")
    expect(visit.page.locator("#balance-sentence")).to_contain_text("The score of cat is")
    assert (visit.asked - before).total() == 1, "nothing was asked before it was opened"
    expect(visit.page.locator("#balance-sheet img")).to_be_visible()
    before = visit.page.locator("#balance-sheet img").get_attribute("src")
    choose(visit, "Compare with", "ship")
    expect(visit.page.locator("#balance-sentence")).to_contain_text("The lead of cat over ship is")
    expect(visit.page.locator("#balance-sheet img")).not_to_have_attribute("src", before or "")


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_what_is_enough_and_what_is_needed_are_shown_with_their_pictures(visit, size):
    if size == "phone":
        visit.page.set_viewport_size(PHONE)
    unfold(visit, "What is enough, and what is needed")
    visit.page.locator("#measure").click()
    sentence = visit.page.locator("#measured-sentence")
    expect(sentence).to_contain_text("Enough: shown only")
    expect(sentence).to_contain_text("Needed: without")
    for picture in ("#measured-worth", "#enough", "#needed"):
        expect(visit.page.locator(f"{picture} img")).to_be_visible()
    expect(visit.page.locator("#measure-progress")).to_be_hidden()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.page.locator("#examples button.thumbnail-item").nth(0).click()
    expect(sentence).to_be_empty()
    expect(visit.page.locator("#enough img")).to_have_count(0)


def test_measuring_can_be_stopped_and_begun_again(visit, app, tmp_path):
    show_a_new_picture(visit, tmp_path)
    visit.answered()
    unfold(visit, "Erasing: cells, orders, fill")
    visit.page.get_by_label("8×8", exact=True).check()
    unfold(visit, "What is enough, and what is needed")
    with held(app, "Erasing cells"):
        visit.page.locator("#measure").click()
        expect(visit.page.locator("#measure-progress progress")).to_be_attached()
        visit.page.locator("#measure-stop").click()
        expect(visit.page.locator("#measure-progress")).to_be_hidden()
    visit.answered()
    expect(visit.page.locator("#measured-sentence")).to_be_empty()
    visit.page.get_by_label("4×4", exact=True).check()
    visit.answered()
    visit.page.locator("#measure").click()
    expect(visit.page.locator("#measured-sentence")).to_contain_text("Enough:")


def test_methods_stand_side_by_side_and_a_click_chooses_one(visit, app, tmp_path):
    show_a_new_picture(visit, tmp_path)
    visit.answered()
    unfold(visit, "Methods side by side")
    maps = visit.page.locator("#methods-gallery button.thumbnail-item")
    with held(app, "Score-CAM"):
        visit.page.locator("#side-by-side").click()
        expect(visit.page.locator("#side-by-side-sentence")).to_contain_text("Still to come: Score-CAM")
        expect(visit.page.locator("#side-by-side-progress progress")).to_be_attached()
        expect(maps).not_to_have_count(0)
    expect(maps).to_have_count(12)
    expect(visit.page.locator("#side-by-side-progress")).to_be_hidden()
    roads = [float(re.search(r"ROAD (\S+)", each)[1].replace("\u2212", "-")) for each in maps.all_inner_texts()]
    assert roads == sorted(roads, reverse=True)
    expect(maps.first).to_contain_text("Measured Shapley: ROAD 0.53")
    maps.first.click()
    expect(visit.page.get_by_label("Method", exact=True)).to_have_value("Measured Shapley (measured)")
    expect(visit.page.locator("#balance")).to_contain_text("of the blank picture")
    assert visit.errors == []


def test_a_link_brings_back_how_cells_were_erased(browser, visit):
    unfold(visit, "Erasing: cells, orders, fill")
    visit.page.get_by_label("8×8", exact=True).check()
    choose(visit, "Method", "Occlusion (measured)")
    expect(visit.page.locator("#balance")).to_contain_text("Each cell was erased alone")
    unfold(visit, "Numbers, download and link")
    field = visit.page.locator("#permalink").locator("textarea, input").first
    expect(field).to_have_value(re.compile("method=occlusion.*grid=8x8"))
    visit.answered()
    sentence = visit.page.locator("#balance").inner_text()
    other = Visit(browser.new_context().new_page())
    other.open(field.input_value())
    expect(other.page.locator("#balance")).to_have_text(sentence)
    assert other.settles()
    other.page.context.close()


@pytest.mark.parametrize(("section", "button", "sentence", "title"), [
    ("What is enough, and what is needed", "#measure", "#measured-sentence", "Erasing cells"),
    ("Methods side by side", "#side-by-side", "#side-by-side-sentence", ""),
])  # fmt: skip
def test_an_answer_to_a_question_that_was_given_up_at_once_never_appears(
    visit, app, tmp_path, section, button, sentence, title
):
    show_a_new_picture(visit, tmp_path)
    visit.answered()
    seen = visit.page.locator("#seen img").get_attribute("src")
    unfold(visit, section)
    with held(app, title):
        visit.page.locator(button).click()
        expect(visit.page.locator(button)).to_have_class(re.compile("asked"))
        visit.page.locator("#examples button.thumbnail-item").nth(0).click()
        expect(visit.page.locator("#seen img")).not_to_have_attribute("src", seen or "")
        expect(visit.page.locator("#gradcam-label")).to_contain_text("airplane")
    expect(visit.page.locator(button)).not_to_have_class(re.compile("asked"))
    assert visit.settles()
    expect(visit.page.locator(sentence)).to_be_empty()


def test_a_layer_that_a_method_does_not_know_brings_another_until_one_is_back_and_says_so_once(visit):
    method = visit.page.get_by_label("Method", exact=True).first
    choose(visit, "Layer, and its cells", "1 of 6: 32×32 cells")
    visit.is_told_once("Shared credit exists at the last layer only: here is Grad-CAM until you are back there.")
    expect(method).to_have_value("Grad-CAM (gradients)")
    choose(visit, "Layer, and its cells", "3 of 6: 16×16 cells")
    expect(visit.page.locator("#faithfulness")).to_contain_text("Grad-CAM")
    choose(visit, "Layer, and its cells", "6 of 6: 4×4 cells")
    expect(method).to_have_value("Shared credit (adds up)")
