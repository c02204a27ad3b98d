"""Maps that took long are not computed twice, and nobody gets another question's."""

from dataclasses import replace

import gradio as gr
import pytest
import torch

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.sanity_checks import random_network
from interpret.explanation import Question, explain, explain_steps
from interpret.tabs.page.served import ServedRelease, places_for_answers, serve
from interpret.tabs.page.stopping import NOT_RUNNING, Stops, stoppable
from model.choice import Choice
from model.images import to_tensor
from tests.conftest import EXAMPLES

CAT, DOG = (str(EXAMPLES / f"{name}.png") for name in ("cat", "dog"))


@pytest.fixture
def served(release) -> ServedRelease:
    return serve(Choice(release, "bundled"))


def slow(image: str = CAT, layer: str = "resnet_block3", explained: tuple[str, ...] = ("predicted",)) -> Question:
    return Question(image, "crop", layer, explained, "ablation_cam")


def test_the_answer_that_nobody_has_asked_for_the_longest_makes_room():
    place_for = places_for_answers(2)
    for name in ("one", "two"):
        place_for(name).append(name)
    assert place_for("one") == ["one"]
    place_for("three").append("three")
    assert (place_for("one"), place_for("three"), place_for("two")) == (["one"], ["three"], [])


def test_a_slow_method_runs_once_for_a_picture_and_layer_whatever_the_class(served):
    assert len(list(explain_steps(served, slow()))) > 1
    for explained in (("predicted",), ("dog",), ("frog", "truck")):
        assert list(explain_steps(served, slow(explained=explained))) == []


@pytest.mark.parametrize("question", [slow(DOG), slow(layer="custom_block3")])
def test_another_picture_or_layer_is_another_question(served, question):
    explain(served, slow())
    assert len(list(explain_steps(served, question))) > 1


@pytest.mark.parametrize("method", ["ablation_cam", "score_cam"])
def test_a_map_that_was_kept_is_the_one_that_asking_anew_would_give(served, method):
    question = replace(slow(), method=method)
    explain(served, question)
    found = explain(served, replace(question, explained=("dog", "cat")))
    images = to_tensor(found.pixels[None])
    fresh = class_activation_maps(served.network, images, "resnet_block3", (5, 3, None), method)
    assert torch.equal(found.cam.maps, fresh.maps[:2])
    assert found.names == ("dog", "cat")
    assert found.largest == float(fresh.maps.max())


def test_a_question_that_was_given_up_leaves_nothing_behind(served):
    steps = explain_steps(served, slow())
    next(steps)
    steps.close()
    assert len(list(explain_steps(served, slow()))) > 1


@pytest.mark.parametrize("method", ["ablation_cam", "score_cam"])
def test_another_network_is_asked_itself(served, method):
    question = replace(slow(), method=method)
    known = explain(served, question)
    unlearnt = replace(served, network=random_network(served.network.config, served.device))
    found = explain(unlearnt, question)
    fresh = class_activation_maps(unlearnt.network, to_tensor(found.pixels[None]), "resnet_block3", method=method)
    assert torch.equal(found.cam.maps[:1], fresh.maps) and not torch.equal(found.cam.maps, known.cam.maps)


def test_stop_ends_the_steps_of_whoever_pressed_it_and_of_nobody_else():
    closed = []

    def handler(name: str):
        try:
            for step in range(5):
                yield f"answer {step}", "bar", "button"
        finally:
            closed.append(name)

    mine, others = Stops(), Stops()
    stopped, going_on = stoppable(handler)(mine, "mine"), stoppable(handler)(others, "other")
    assert next(stopped) == next(going_on) == ("answer 0", "bar", "button")
    mine.count += 1
    (nothing, *rest), *no_more = stopped
    assert nothing == gr.skip() and tuple(rest) == NOT_RUNNING and not no_more
    assert closed == ["mine"]
    assert len(list(going_on)) == 4


def test_what_is_asked_after_stop_is_answered_whole():
    stops = Stops(count=3)
    assert len(list(stoppable(lambda: iter([("answer", "bar", "button")] * 3))(stops))) == 3
