"""Maps that took long are not computed twice, and nobody gets another question's."""

from dataclasses import replace

import pytest
import torch
from PIL import Image

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.sanity_checks import random_network
from interpret.attribution.steps import finish
from interpret.explainer import Explainer, explainer_for, places_for_answers
from interpret.explanation import Question, explain, explain_steps
from model.images import ImageError, share_cropped, to_tensor
from tests.conftest import EXAMPLES

CAT, DOG = (str(EXAMPLES / f"{name}.png") for name in ("cat", "dog"))


def slow(image: str = CAT, layer: str = "resnet_block3", class_names: tuple[str, ...] = ("predicted",)) -> Question:
    return Question(image, "crop", layer, class_names, "ablation_cam")


@pytest.fixture
def explainer(release) -> Explainer:
    """One that has answered nothing yet."""
    return explainer_for(release)


def test_the_answer_that_nobody_has_asked_for_the_longest_makes_room():
    place_for = places_for_answers(2)
    for name in ("one", "two"):
        place_for(name).append(name)
    assert place_for("one") == ["one"]
    place_for("three").append("three")
    assert (place_for("one"), place_for("three"), place_for("two")) == (["one"], ["three"], [])


def test_a_slow_method_runs_once_for_a_picture_and_layer_whatever_the_class(explainer):
    assert len(list(explain_steps(explainer, slow()))) > 1
    for class_names in (("predicted",), ("dog",), ("frog", "truck")):
        assert list(explain_steps(explainer, slow(class_names=class_names))) == []


@pytest.mark.parametrize("question", [slow(DOG), slow(layer="custom_block3")])
def test_another_picture_or_layer_is_another_question(explainer, question):
    explain(explainer, slow())
    assert len(list(explain_steps(explainer, question))) > 1


@pytest.mark.parametrize("method", ["ablation_cam", "score_cam"])
def test_a_map_that_was_kept_is_the_one_that_asking_anew_would_give(explainer, method):
    question = replace(slow(), method=method)
    explain(explainer, question)
    found = explain(explainer, replace(question, class_names=("dog", "cat")))
    images = to_tensor(found.pixels[None])
    fresh = class_activation_maps(explainer.network, images, "resnet_block3", (5, 3, None), method)
    assert torch.equal(found.cam.maps, fresh.maps[:2])
    assert found.names == ("dog", "cat")
    assert found.largest == float(fresh.maps.max())


def test_a_question_that_was_given_up_leaves_nothing_behind(explainer):
    steps = explain_steps(explainer, slow())
    next(steps)
    steps.close()
    assert len(list(explain_steps(explainer, slow()))) > 1


def test_who_asks_the_same_while_it_is_computed_gets_that_answer(explainer):
    first, second = (explain_steps(explainer, slow()) for _ in range(2))
    assert (next(first), next(second)) == (0.0, 0.0)
    assert finish(second).maps.tolist() and list(first) == []


@pytest.mark.parametrize("method", ["ablation_cam", "score_cam"])
def test_another_network_is_asked_itself(explainer, method):
    question = replace(slow(), method=method)
    known = explain(explainer, question)
    unlearnt = replace(explainer, network=random_network(explainer.network.config, explainer.device))
    found = explain(unlearnt, question)
    fresh = class_activation_maps(unlearnt.network, to_tensor(found.pixels[None]), "resnet_block3", method=method)
    assert torch.equal(found.cam.maps[:1], fresh.maps) and not torch.equal(found.cam.maps, known.cam.maps)


def test_how_much_a_crop_leaves_out_is_read_from_a_file_once_until_it_changes(explainer, tmp_path, monkeypatch):
    read, file = [], tmp_path / "picture.png"
    monkeypatch.setattr("interpret.explainer.share_cropped", lambda path: read.append(path) or share_cropped(path))
    for size, share, times in (((40, 30), 0.25, 1), ((40, 30), 0.25, 1), ((40, 10), 0.75, 2)):
        if len(read) < times:
            Image.new("RGB", size).save(file)
        assert explainer.share_cropped(str(file)) == share
        assert len(read) == times
    assert explainer.share_cropped(file.read_bytes()) == 0.75
    with pytest.raises(ImageError, match="There is no file"):
        explainer.share_cropped(str(tmp_path / "nowhere.png"))
