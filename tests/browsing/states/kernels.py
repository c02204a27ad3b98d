"""The states of the Kernels tab."""

from playwright.sync_api import expect

from tests.browsing import Visit, choose
from tests.browsing.states.reaching import State, fill, fresh, prepared, unfold_in_sight, unfolded

TAB = "Kernels"


def kernel_opened(visit: Visit) -> None:
    visit.show(TAB)
    choose(visit, "Layer", "3: resnet_block1.0, 128 kernels, 128 inputs")
    expect(visit.page.locator("#kernel-line")).to_contain_text("Kernel 0 of resnet_block1.0")
    visit.answered()
    fill(visit, "#kernel input", "40")
    expect(visit.page.locator("#kernel-line")).to_contain_text("Kernel 40 of resnet_block1.0")
    expect(visit.page.locator("#kernels-dossier-sentence")).to_contain_text("Channel 40 of resnet_block1.0")
    unfold_in_sight(visit, "Class by class")


def folded_by_what_is_lost(visit: Visit) -> None:
    visit.show(TAB)
    visit.page.get_by_label("Fold batch norm in").check()
    visit.page.get_by_label("by what is lost without it").check()
    expect(visit.page.locator("#kernels-findings")).to_contain_text("without which most is lost")


def permalink(visit: Visit) -> None:
    visit.show(TAB)
    unfold_in_sight(visit, "Link to this view")
    expect(visit.page.locator("#kernels-link textarea, #kernels-link input").first).not_to_have_value("")


STATES = {
    **fresh(TAB),
    "kernels-kernel-opened": State(kernel_opened),
    "kernels-folded-by-what-is-lost": State(folded_by_what_is_lost),
    "kernels-numbers": prepared(TAB, "Numbers, and arrays to take away", "#prepare-kernels", "#exported-kernels"),
    "kernels-permalink": State(permalink),
    "kernels-how-to-read-this": unfolded(TAB, "How to read this"),
}
