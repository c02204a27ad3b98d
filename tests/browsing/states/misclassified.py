"""The states of the Misclassified tab."""

from playwright.sync_api import expect

from tests.browsing import Visit, choose
from tests.browsing.states.reaching import State, fill, fresh, prepared, unfold_in_sight, unfolded

TAB = "Misclassified"
GALLERY = "#misclassified-gallery button.thumbnail-item"
CAT_TAKEN_FOR_DOG = '#confusion button[data-row="3"][data-column="5"]'


def shares(visit: Visit) -> None:
    visit.show(TAB)
    visit.page.get_by_label("shares of the true class").check()
    expect(visit.page.locator(CAT_TAKEN_FOR_DOG)).to_contain_text("%")


def error_opened(visit: Visit) -> None:
    visit.show(TAB)
    visit.page.locator(GALLERY).first.click()
    expect(visit.page.locator("#opened-picture img")).to_be_visible()
    expect(visit.page.locator("#nearest .caption-label").first).to_contain_text("distance")


def error_carried(visit: Visit) -> None:
    error_opened(visit)
    visit.page.locator("#carry-gradcam").click()
    expect(visit.page.locator("#gradcam-against img")).to_be_visible()


def confusion_opened(visit: Visit) -> None:
    visit.show(TAB)
    visit.page.locator(CAT_TAKEN_FOR_DOG).click()
    expect(visit.page.locator("#confused-margin img")).to_be_visible()
    expect(visit.page.locator("#confused-channels")).to_contain_text("adds, in logits")


def labels_rejected(visit: Visit) -> None:
    visit.show(TAB)
    choose(visit, "The label, by people's votes", "rejected")
    expect(visit.page.locator("#found-sentence")).to_contain_text("match the filters")
    unfold_in_sight(visit, "Confidence, and the seed")
    unfold_in_sight(visit, "As a table")


def nothing_found(visit: Visit) -> None:
    visit.show(TAB)
    for label in ("True label", "Predicted label"):
        choose(visit, label, "cat")
    expect(visit.page.locator("#found-sentence")).to_contain_text("nothing to show")


def no_error(visit: Visit) -> None:
    visit.show(TAB)
    fill(visit, "#opened input", "1")
    expect(visit.page.locator("#opened-sentence")).to_contain_text("is not among")


STATES = {
    **fresh(TAB),
    "misclassified-shares": State(shares),
    "misclassified-error-opened": State(error_opened, quick=True),
    "misclassified-error-carried-to-gradcam": State(error_carried),
    "misclassified-confusion-opened": State(confusion_opened),
    "misclassified-labels-rejected": State(labels_rejected),
    "misclassified-nothing-found": State(nothing_found),
    "misclassified-no-error": State(no_error),
    "misclassified-taken-along": prepared(TAB, "Take it with you", "#prepare-errors", "#exported-errors"),
    "misclassified-another-release": unfolded(TAB, "Compare with another release", "#compared-sentence"),
}
