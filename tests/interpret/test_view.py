from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from interpret.attribution.measured.masking import Sampling
from interpret.choices import ChoiceError
from interpret.view import LinkError, View, of_another_release, view_of
from model.network import CIFAR10_CLASSES

VIEW = View("test", "42", "abc1234", "fit", "cat", "dog", "custom_block3", "layer_cam")


def followed(query: str, release: str = "abc1234") -> View | None:
    return view_of(dict(parse_qsl(query.removeprefix("?"))), release, CIFAR10_CLASSES)


def test_a_link_leads_back_to_the_view_that_it_was_made_from():
    assert followed(VIEW.query()) == VIEW


def test_how_cells_are_erased_and_credited_is_part_of_a_link_only_if_it_is_unusual():
    assert not {"credit", "orders", "seed", "grid", "fill"} & dict(parse_qsl(VIEW.query())).keys()
    unusual = replace(VIEW, method="shapley", credit="strongest", sampling=Sampling(16, 3, "8x8", "blur"))
    assert followed(unusual.query()) == unusual
    finer = replace(VIEW, sampling=Sampling(grid="8x8")).query()
    assert "grid=8x8" in finer and "orders" not in finer


def test_an_address_without_a_picture_asks_for_no_view():
    assert followed("?__theme=dark") is None


def test_what_a_link_leaves_out_is_as_on_a_fresh_page():
    assert followed("?example=cat.png&release=abc1234") == View("example", "cat.png", "abc1234")


def test_a_link_made_with_another_release_shows_what_this_one_says_and_tells_so():
    query = "?example=cat.png&release=0000000"
    assert followed(query) == View("example", "cat.png", "abc1234")
    told = of_another_release(dict(parse_qsl(query.removeprefix("?"))), "abc1234")
    assert told == "This link was made with release 0000000; you see what release abc1234 says, which may differ."


@pytest.mark.parametrize("query", [{"release": "abc1234"}, {}])
def test_of_a_link_made_with_this_release_or_by_hand_there_is_nothing_to_tell(query):
    assert of_another_release(query, "abc1234") is None


@pytest.mark.parametrize(
    ("part", "allowed"),
    [
        ("class=tiger", "predicted, airplane"),
        ("against=tiger", "none, airplane"),
        ("layer=layer4", "prep_layer, custom_block1"),
        ("method=gradcam2", "grad_cam, grad_cam_plus_plus"),
        ("squaring=stretch", "crop, fit"),
        ("credit=equal", "shared, strongest"),
        ("fill=black", "mean, blur"),
        ("grid=5x5", "4x4, 8x8"),
        ("orders=7", "an even number from 2 to 64"),
        ("seed=many", "seed is no number: 'many'"),
        ("method=shared_credit&layer=prep_layer", "exists at resnet_block3 only"),
    ],
)
def test_a_link_that_names_what_there_is_not_is_answered_with_what_there_is(part, allowed):
    with pytest.raises(ChoiceError, match=allowed):
        followed(f"?example=cat.png&release=abc1234&{part}")


@pytest.mark.parametrize("picture", ["upload=../../etc", "upload=ABC", "test=-1", "test=%C2%B2", "test=cat"])
def test_a_picture_that_is_no_name_of_a_picture_is_refused(picture):
    with pytest.raises(LinkError, match="This link names no"):
        followed(f"?{picture}&release=abc1234")
