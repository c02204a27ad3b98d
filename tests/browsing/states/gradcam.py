"""The states of the GradCAM tab, and of the picture panel and the header beside it."""

from PIL import Image
from playwright.sync_api import expect

from tests.browsing import Visit, choose
from tests.browsing.states.reaching import State, fresh, png_of, unfold_in_sight, unfolded, upload

TAB = "GradCAM"
PHOTOGRAPH = 2  # of a dog, wider than high


def what_is_this(visit: Visit) -> None:
    visit.page.get_by_text("What is this?").click()


def without_a_picture(visit: Visit) -> None:
    visit.page.get_by_label("Remove Image").click()
    expect(visit.page.get_by_text("Choose a picture first").locator("visible=true")).to_have_count(1)


def a_photograph(visit: Visit) -> None:
    before = visit.page.locator("#seen img").get_attribute("src")
    visit.page.locator("#photographs button.thumbnail-item").nth(PHOTOGRAPH).click()
    expect(visit.page.locator("#seen img")).not_to_have_attribute("src", before or "")


def cut_off(visit: Visit) -> None:
    upload(visit, png_of(Image.linear_gradient("L").resize((640, 256)).convert("RGB")))
    expect(visit.page.locator("#fit")).to_contain_text("60% is cut off")


def none_of_the_classes(visit: Visit) -> None:
    upload(visit, png_of(Image.new("RGB", (64, 64), "grey")))
    expect(visit.page.locator("#warning")).to_contain_text("Probably none of the 10 classes")
    unfold_in_sight(visit, "How reliable is this warning")


def compared_with_another_class(visit: Visit) -> None:
    choose(visit, "Compare with", "ship")
    expect(visit.page.locator("#gradcam-against img")).to_be_visible()


def of_an_earlier_layer(visit: Visit) -> None:
    choose(visit, "Layer, and its cells", "2 of 6: 16×16 cells")
    expect(visit.page.locator("#balance")).to_contain_text("from the cells of layer 2")


def evidence_ledger_erased(visit: Visit) -> None:
    for cell in ("A1", "B2"):
        visit.page.get_by_role("checkbox", name=cell).check()
    expect(visit.page.locator("#erased-sentence")).to_contain_text("Without A1 and B2")
    unfold_in_sight(visit, "The change of every score")
    unfold_in_sight(visit, "The ledger in numbers")


def enough_and_needed(visit: Visit) -> None:
    unfold_in_sight(visit, "What is enough, and what is needed")
    visit.page.locator("#measure").click()
    expect(visit.page.locator("#measured-sentence")).to_contain_text("Needed: without")


def side_by_side(visit: Visit) -> None:
    unfold_in_sight(visit, "Methods side by side")
    visit.page.locator("#side-by-side").click()
    expect(visit.page.locator("#methods-gallery button.thumbnail-item")).to_have_count(12)
    expect(visit.page.locator("#side-by-side-progress")).to_be_hidden()
    unfold_in_sight(visit, "As a table")
    unfold_in_sight(visit, "Which methods, in which order")


def controls(visit: Visit) -> None:
    unfold_in_sight(visit, "Can this map be trusted")
    visit.page.locator("#compare-controls").click()
    expect(visit.page.locator("#controls-picture img")).to_be_visible()


def permalink_and_files(visit: Visit) -> None:
    unfold_in_sight(visit, "Numbers, download and link")
    expect(visit.page.locator("#permalink textarea, #permalink input").first).not_to_have_value("")
    visit.page.locator("#prepare-files").click()
    expect(visit.page.locator("#exported-files a[download]")).to_have_count(4)


def live(visit: Visit) -> None:
    visit.page.locator("#live button").click()
    visit.page.locator("#live[data-answers], #live [data-answers]").wait_for()
    expect(visit.page.locator("#live .live-map img").first).to_be_visible()


STATES = {
    **fresh(TAB),
    "gradcam-what-is-this": State(what_is_this),
    "gradcam-without-a-picture": State(without_a_picture),
    "gradcam-a-photograph": State(a_photograph),
    "gradcam-cut-off": State(cut_off),
    "gradcam-none-of-the-classes": State(none_of_the_classes, quick=True),
    "gradcam-compared-with-another-class": State(compared_with_another_class),
    "gradcam-of-an-earlier-layer": State(of_an_earlier_layer),
    "gradcam-all-confidences": unfolded(TAB, "All confidences", "#all-confidences"),
    "gradcam-settings-of-erasing": unfolded(TAB, "Erasing: cells, orders, fill"),
    "gradcam-how-to-read-this": unfolded(TAB, "How to read this", "#balance-sheet img"),
    "gradcam-evidence-ledger-erased": State(evidence_ledger_erased),
    "gradcam-enough-and-needed": State(enough_and_needed),
    "gradcam-side-by-side": State(side_by_side),
    "gradcam-controls": State(controls),
    "gradcam-permalink-and-files": State(permalink_and_files),
    "gradcam-live": State(live),
}
