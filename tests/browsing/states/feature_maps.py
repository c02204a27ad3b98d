"""The states of the Feature maps tab."""

from playwright.sync_api import expect

from tests.browsing import Visit, choose
from tests.browsing.states.reaching import State, fill, fresh, unfold_in_sight, unfolded

TAB = "Feature maps"
LAST_LAYER = "6: resnet_block3, 4×4"


def channel_dossier(visit: Visit) -> None:
    visit.show(TAB)
    choose(visit, "Layer whose channels are all shown below", LAST_LAYER)
    fill(visit, "#opened-channel-number input", "317")
    sentence = visit.page.locator("#maps-dossier-sentence")
    expect(sentence).to_contain_text("Channel 317 of resnet_block3 responds most to")
    unfold_in_sight(visit, "Class by class")


def cell_arithmetic(visit: Visit) -> None:
    visit.show(TAB)
    fill(visit, "#opened-channel-number input", "10")
    expect(visit.page.locator("#cell-arithmetic")).to_contain_text("Channel 10 of prep_layer is")
    visit.answered()
    for name, place in (("row", "20"), ("column", "7")):
        fill(visit, f"#cell-{name} input", place)
    expect(visit.page.locator("#cell-arithmetic")).to_contain_text("at row 20, column 7.")
    expect(visit.page.locator("#receptive-field img")).to_be_visible()


def by_what_is_added(visit: Visit) -> None:
    visit.show(TAB)
    choose(visit, "Layer whose channels are all shown below", LAST_LAYER)
    unfold_in_sight(visit, "Which number, which order, which scale")
    choose(visit, "Order", "what adds most to a score first")
    visit.page.get_by_label("one for the layer").check()


def lesion_laboratory(visit: Visit) -> None:
    visit.show(TAB)
    unfold_in_sight(visit, "Lesion laboratory")
    fill(visit, "#lesioned textarea, #lesioned input", "3, 17, 200-210")
    expect(visit.page.locator("#lesions-sentence")).to_contain_text("drawn at random it is")
    expect(visit.page.locator("#lesions-confusion img")).to_be_visible()


def permalink(visit: Visit) -> None:
    visit.show(TAB)
    unfold_in_sight(visit, "Link to this view")
    expect(visit.page.locator("#maps-link textarea, #maps-link input").first).not_to_have_value("")


def without_a_picture(visit: Visit) -> None:
    visit.show(TAB)
    visit.page.get_by_label("Remove Image").click()
    expect(visit.page.get_by_text("Choose a picture first").locator("visible=true")).to_have_count(1)


ALIKE = "Training pictures that the network finds"
STATES = {
    **fresh(TAB),
    "feature-maps-without-a-picture": State(without_a_picture),
    "feature-maps-channel-dossier": State(channel_dossier),
    "feature-maps-cell-arithmetic": State(cell_arithmetic),
    "feature-maps-by-what-is-added": State(by_what_is_added),
    "feature-maps-lesion-laboratory": State(lesion_laboratory),
    "feature-maps-training-pictures-alike": unfolded(TAB, ALIKE, "#similar-pictures .caption-label"),
    "feature-maps-permalink": State(permalink),
    "feature-maps-how-to-read-this": unfolded(TAB, "How to read this"),
}
