"""Errors on the page: from the confusion matrix to one picture, why it was taken for something else, and back."""

import re

import pytest
from playwright.sync_api import expect

from interpret.misclassified.selection import Selection, errors_of
from model.release import BUNDLED
from tests.browsing import DESKTOP, PHONE, Visit, choose, unfold
from tests.conftest import running_app

pytestmark = pytest.mark.browser
GALLERY = "#misclassified-gallery button.thumbnail-item"


@pytest.fixture(scope="module")
def errors(release):
    return errors_of(release)


def listed(errors, **asked) -> list[int]:
    return errors.samples.test_indices[errors.select(Selection(**asked))].tolist()


def cell(visit: Visit, row: int, column: int):
    return visit.page.locator(f'#confusion button[data-row="{row}"][data-column="{column}"]')


def tab_to(visit: Visit, selector: str, text: str = "", key: str = "Tab", at_most: int = 60) -> None:
    """Moves the focus by the Tab key alone, backwards by Shift+Tab, on a page that stands still."""
    visit.answered()
    stands = "([css, text]) => [document.activeElement].some((e) => e.matches(css) && e.textContent.includes(text))"
    for _ in range(at_most):
        if visit.page.evaluate(stands, [selector, text]):
            return
        visit.page.keyboard.press(key)
    pytest.fail(f"{selector} was not reached by {at_most} Tab stops")


def test_from_a_cell_of_the_matrix_to_an_error_its_neighbours_gradcam_and_back_to_the_same_list(visit, errors, release):
    visit.show("Misclassified")
    cell(visit, 5, 3).click()
    expect(visit.page.locator("#found-sentence")).to_contain_text(
        "69 of which match the filters; 20 are shown (page 1 of 4)"
    )
    visit.page.locator("#next-page").click()
    expect(visit.page.locator("#found-sentence")).to_contain_text("page 2 of 4")
    visit.answered()
    visit.page.locator(GALLERY).nth(2).click()
    index = listed(errors, true_label="dog", predicted_label="cat")[22]
    sentence = visit.page.locator("#opened-sentence")
    expect(sentence).to_contain_text(f"Test picture {index:,} is labelled dog and taken for cat")
    expect(visit.page.locator("#nearest button.thumbnail-item")).to_have_count(release.nearest.labels.shape[1])
    expect(visit.page.locator("#nearest .caption-label").first).to_contain_text("distance")
    visit.page.locator("#carry-gradcam").click()
    expect(visit.page.get_by_role("tab", name="GradCAM", exact=True)).to_have_attribute("aria-selected", "true")
    expect(visit.page.locator("#gradcam-sentence")).to_contain_text("cat")
    expect(visit.page.locator("#gradcam-against img")).to_be_visible()
    expect(visit.page.locator("#about-picture")).to_contain_text(f"Test picture {index:,}, labelled dog")
    visit.show("Misclassified")
    expect(visit.page.locator("#found-sentence")).to_contain_text("page 2 of 4")
    expect(sentence).to_contain_text(f"Test picture {index:,}")
    visit.page.locator("#next-error").click()
    after = listed(errors, true_label="dog", predicted_label="cat")[23]
    expect(sentence).to_contain_text(f"Test picture {after:,}")
    assert visit.errors == []


def test_the_same_way_by_the_keyboard_alone(visit, errors):
    tab_to(visit, "[role=tab]", "Misclassified")
    visit.page.keyboard.press("Enter")
    visit.page.locator(GALLERY).first.wait_for()
    tab_to(visit, "#confusion button")
    # From airplane taken for automobile; the diagonal is stepped over.
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight"):
        visit.page.keyboard.press(key)
    visit.page.keyboard.press("Enter")
    found = len(listed(errors, true_label="cat", predicted_label="dog"))
    expect(visit.page.locator("#found-sentence")).to_contain_text(f"{found} of which match the filters")
    tab_to(visit, GALLERY)
    visit.page.keyboard.press("Enter")
    first = listed(errors, true_label="cat", predicted_label="dog")[0]
    expect(visit.page.locator("#opened-sentence")).to_contain_text(f"Test picture {first:,}")
    expect(visit.page.locator("#nearest .caption-label").first).to_contain_text("distance")
    tab_to(visit, "#carry-gradcam")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#gradcam-against img")).to_be_visible()
    expect(visit.page.get_by_role("tab", name="GradCAM", exact=True)).to_be_focused()
    tab_to(visit, "[role=tab]", "Misclassified", at_most=2)
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#found-sentence")).to_contain_text(f"{found} of which match the filters")
    expect(visit.page.locator("#opened-sentence")).to_contain_text(f"Test picture {first:,}")


def test_nothing_is_found_before_the_tab_is_opened(visit):
    assert visit.settles()
    assert visit.page.locator(GALLERY).count() == 0
    before = sum(visit.asked.values())
    visit.show("Misclassified")
    assert visit.settles() and sum(visit.asked.values()) - before <= 3


def test_the_matrix_shows_counts_or_shares(visit):
    visit.show("Misclassified")
    expect(cell(visit, 5, 3)).to_have_text("69")
    visit.page.get_by_label("shares of the true class").check()
    expect(cell(visit, 5, 3)).to_have_text("6.9%")
    cell(visit, 9, -1).click()
    expect(visit.page.locator("#found-sentence")).to_contain_text("44 of which match the filters")


def test_a_confusion_is_explained_while_a_cell_is_chosen(visit):
    visit.show("Misclassified")
    expect(visit.page.locator("#confused")).to_be_hidden()
    cell(visit, 3, 5).click()
    expect(visit.page.locator("#confused-sentence")).to_contain_text("45 pictures are of class cat and taken for dog")
    expect(visit.page.locator("#confused-margin img")).to_be_visible()
    choose(visit, "True label", "any")
    expect(visit.page.locator("#confused")).to_be_hidden()


def test_labels_that_people_rejected_are_found_and_say_so(visit):
    visit.show("Misclassified")
    expect(visit.page.locator("#accuracy")).to_contain_text("95.04% without the 54 whose label people rejected")
    choose(visit, "The label, by people's votes", "rejected")
    expect(visit.page.locator("#found-sentence")).to_contain_text("34 of which match the filters")
    expect(visit.page.locator("#misclassified-gallery .caption-label").first).to_contain_text("label rejected")


def test_a_link_shows_the_same_list_and_the_same_error_again(visit, browser, app, errors):
    visit.show("Misclassified")
    cell(visit, 3, 6).click()
    expect(visit.page.locator("#found-sentence")).to_contain_text("10 of which match the filters")
    visit.page.locator(GALLERY).first.click()
    first = listed(errors, true_label="cat", predicted_label="frog")[0]
    visit.answered()  # until then the page still grows above what is clicked
    unfold(visit, "Take it with you")
    link = visit.page.locator("#errors-link textarea, #errors-link input")
    expect(link).to_have_value(re.compile(f"tab=misclassified&true=cat&predicted=frog&open={first}"))
    context = browser.new_context()
    other = Visit(context.new_page())
    other.page.goto(link.input_value())
    expect(other.page.get_by_role("tab", name="Misclassified", exact=True)).to_have_attribute("aria-selected", "true")
    expect(other.page.locator("#found-sentence")).to_contain_text("10 of which match the filters")
    expect(other.page.locator("#opened-sentence")).to_contain_text(f"Test picture {first:,}")
    context.close()


def test_what_is_typed_and_is_no_error_takes_the_last_one_away(visit):
    visit.show("Misclassified")
    visit.page.locator(GALLERY).first.click()
    expect(visit.page.locator("#opened-picture img")).to_be_visible()
    visit.page.get_by_label("Open test picture").fill("1")
    expect(visit.page.locator("#opened-sentence")).to_contain_text(
        "Test picture 1 is not among this release's 527 errors"
    )
    expect(visit.page.locator("#opened-error")).to_be_hidden()
    unfold(visit, "Take it with you")
    expect(visit.page.locator("#errors-link textarea, #errors-link input")).not_to_have_value(re.compile("open="))


def test_the_picture_after_an_error_is_explained_by_its_own_prediction_again(visit):
    visit.show("Misclassified")
    visit.page.locator(GALLERY).first.click()
    visit.page.locator("#carry-gradcam").click()
    expect(visit.page.locator("#gradcam-against img")).to_be_visible()
    visit.page.locator("#examples button.thumbnail-item").nth(9).click()
    expect(visit.page.locator("#gradcam-sentence")).to_have_text(re.compile(r"^\s*[^.]*\btruck\b[^.]*\.\s*$"))
    expect(visit.page.locator("#gradcam-against")).to_be_hidden()
    expect(visit.page.locator("#about-picture")).to_have_text("")


def test_on_a_phone_an_error_that_is_opened_and_its_explanation_scroll_into_view(browser, app):
    context = browser.new_context(viewport=PHONE)
    visit = Visit(context.new_page())
    visit.open(app.url)
    visit.show("Misclassified")
    visit.page.locator(GALLERY).nth(8).click()
    expect(visit.page.locator("#opened-sentence")).to_be_in_viewport()
    visit.page.locator("#carry-gradcam").click()
    expect(visit.page.locator("#gradcam-against img")).to_be_attached()
    expect(visit.page.locator("#gradcam-sentence")).to_be_in_viewport()
    context.close()


def test_a_release_without_tables_says_what_it_lacks_and_is_compared_with_another(browser, small_releases, tmp_path):
    with running_app(tmp_path, MODEL_REPO_ID=str(small_releases[1]), COMPARE_REPO_ID=str(BUNDLED)) as app:
        context = browser.new_context(viewport=DESKTOP)
        visit = Visit(context.new_page())
        visit.open(app.url)
        visit.show("Misclassified")
        expect(visit.page.locator("#accuracy")).to_contain_text("label_reviews.parquet is not part of it")
        visit.page.locator(GALLERY).first.click()
        expect(visit.page.locator("#opened-sentence")).to_contain_text("holds no nearest training pictures")
        unfold(visit, "Compare with another release")
        expect(visit.page.locator("#compared-sentence")).to_contain_text("exact McNemar test")
        visit.page.get_by_label("mended").check()
        visit.page.locator("#show-compared").click()
        expect(visit.page.locator("#compared-gallery button.thumbnail-item").first).to_be_visible()
        expect(visit.page.locator("#compared-shown")).to_contain_text("40 of 518 pictures that are mended are shown")
        visit.page.get_by_label("wrong in both").check()
        expect(visit.page.locator("#compared-gallery button.thumbnail-item")).to_have_count(0)
        assert visit.errors == []
        context.close()
