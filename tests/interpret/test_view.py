from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from interpret.attribution.measured.masking import Sampling
from interpret.link import LinkWords
from interpret.view import LinkError, View, check_picture, of_another_release, picture_of, view_of
from model.network import CIFAR10_CLASSES

VIEW = View("test", "42", "abc1234", "fit", "cat", "dog", "custom_block3", "layer_cam")


def followed(query: str, release: str = "abc1234") -> View:
    """The view of a link of which all is there."""
    said = dict(parse_qsl(query.removeprefix("?")))
    words = LinkWords(said)
    view = view_of(words, picture_of(said), release, CIFAR10_CLASSES)
    assert words.told() is None
    return view


def test_a_link_leads_back_to_the_view_that_it_was_made_from():
    assert followed(VIEW.query()) == VIEW


def test_how_cells_are_erased_and_credited_is_part_of_a_link_only_if_it_is_unusual():
    assert not {"credit", "orders", "seed", "grid", "fill"} & dict(parse_qsl(VIEW.query())).keys()
    unusual = replace(VIEW, method="shapley", credit="strongest", sampling=Sampling(16, 3, "8x8", "blur"))
    assert followed(unusual.query()) == unusual
    finer = replace(VIEW, sampling=Sampling(grid="8x8")).query()
    assert "grid=8x8" in finer and "orders" not in finer


def test_an_address_may_ask_for_no_picture():
    assert picture_of({"__theme": "dark"}) is None


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
    ("part", "field", "seen"),
    [
        ("class=tiger", "class_name", "predicted"),
        ("against=tiger", "against", "none"),
        ("layer=layer4", "layer", "resnet_block3"),
        ("method=gradcam2", "method", "shared_credit"),
        ("method=shared_credit&layer=prep_layer", "method", "grad_cam"),
        ("squaring=stretch", "resize_mode", "crop"),
        ("credit=equal", "credit", "shared"),
        ("fill=black", "sampling", Sampling()),
        ("grid=5x5", "sampling", Sampling()),
        ("orders=7", "sampling", Sampling(orders=6)),
        ("orders=9999", "sampling", Sampling(orders=64)),
        ("seed=many", "sampling", Sampling()),
    ],
)
def test_of_a_link_that_names_what_there_is_not_the_rest_is_followed_and_it_is_told(part, field, seen):
    query = dict(parse_qsl(f"test=42&seed=5&fill=blur&class=cat&{part}"))
    words = LinkWords(query)
    view = view_of(words, picture_of(query), "abc1234", CIFAR10_CLASSES)
    if field != "sampling":
        assert getattr(view, field) == seen and view.sampling == Sampling(seed=5, fill="blur")
    else:
        name = part.split("=")[0]
        assert getattr(view.sampling, name) == getattr(seen, name)
        assert view.class_name == "cat"
    assert view.image == "42"
    word, said = part.split("&")[0].split("=")
    assert f"{word} {said!r}, which does not exist here" in words.told()


@pytest.mark.parametrize("picture", ["upload=../../etc", "upload=ABC", "test=-1", "test=\u00b2", "test=cat"])
def test_a_picture_that_is_no_name_of_a_picture_is_refused(picture):
    with pytest.raises(LinkError, match="This link names no"):
        check_picture(*picture.split("="))


@pytest.mark.parametrize("picture", [("upload", "0" * 64), ("test", "42"), ("example", "cat.png")])
def test_names_of_pictures_are_taken(picture):
    check_picture(*picture)
