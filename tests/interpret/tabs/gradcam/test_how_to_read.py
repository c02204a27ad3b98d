import pytest

from interpret.tabs.gradcam.how_to_read import how_to_read
from interpret.tabs.page.served import serve
from model.choice import Choice
from tests.small_releases import with_strength


@pytest.mark.parametrize(("value", "said"), [(2.0, "one picture of twenty"), (None, "strongest of the maps shown")])
def test_the_page_says_what_the_colours_reach_to(release, value, said):
    assert said in how_to_read(serve(Choice(with_strength(release, value), "bundled")))
