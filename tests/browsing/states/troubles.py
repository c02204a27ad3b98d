"""The states in which something cannot be answered, or not as it was asked for."""

from playwright.sync_api import expect

from tests.browsing import Visit
from tests.browsing.states.reaching import State, fill, follow, upload

NOTE = "[data-testid=toast-body]"


def bad_upload(visit: Visit) -> None:
    upload(visit, b"\x89PNG\r\n\x1a\n broken", "broken.png")
    expect(visit.page.locator(NOTE).first).to_contain_text("could not be read as a picture")
    expect(visit.page.locator("#picture img")).to_have_count(0)


def unanswerable_choice(visit: Visit) -> None:
    visit.show("Kernels")
    fill(visit, "#kernel input", "64")
    expect(visit.page.locator(NOTE).first).to_contain_text("must be a whole number from 0 to 63")


def server_gone(visit: Visit) -> None:
    visit.page.route("**/*", lambda route: route.abort("connectionrefused"))
    visit.page.get_by_label("Smooth between cells").check()
    visit.page.locator(NOTE).first.wait_for()


def link_of_another_release(visit: Visit) -> None:
    follow(visit, "example=truck.png&release=0000000")
    expect(visit.page.locator("#gradcam-label")).to_contain_text("truck")


def link_to_what_there_is_not(visit: Visit) -> None:
    follow(visit, "tab=feature_maps&example=tiger.png&layer=conv9&channel=900&open=7&release=0000000")
    expect(visit.page.locator("#cell-arithmetic")).to_contain_text("Channel 7 of prep_layer is")


STATES = {
    "trouble-bad-upload": State(bad_upload, quick=True),
    "trouble-unanswerable-choice": State(unanswerable_choice),
    "trouble-server-gone": State(server_gone),
    "trouble-link-of-another-release": State(link_of_another_release),
    "trouble-link-to-what-there-is-not": State(link_to_what_there_is_not),
}
