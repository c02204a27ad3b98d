import copy
import mmap

import torch

from interpret.attribution.methods import METHOD_NAMES
from training.judging.explanations.checks import ConcurrencyChecks
from training.judging.explanations.concurrency import memory_growth, traces_left, wrong_answers


def test_threads_get_the_serial_answers_of_every_method(network, cat):
    wrong, compared = wrong_answers(network, cat, threads=3, stages=["prep_layer"])
    assert (wrong, compared) == (0, 36), "all but shared credit, which the first layer does not know"


def test_an_answer_that_depends_on_the_time_is_found_out(network, cat):
    drifting = copy.deepcopy(network)
    run_stage = drifting.run_stage

    def drift(name, x):
        drifting.fc.weight = torch.nn.Parameter(drifting.fc.weight * 1.01, requires_grad=False)
        return run_stage(name, x)

    drifting.run_stage = drift
    wrong, compared = wrong_answers(drifting, cat, threads=2, methods=["grad_cam"], stages=["resnet_block3"])
    assert wrong == compared == 2


def test_hooks_gradients_and_training_mode_are_found_out(network):
    touched = copy.deepcopy(network)
    touched.custom_block2.register_forward_hook(lambda *_: None)
    touched.fc.weight.grad = torch.zeros_like(touched.fc.weight)
    touched.prep_layer[1].train()
    assert traces_left(touched) == [
        "prep_layer.1 is in training mode",
        "hooks on custom_block2",
        "a gradient on fc.weight",
    ]


def test_many_calls_do_not_make_the_process_grow(network, cat):
    methods = [name for name in METHOD_NAMES if name not in ("score_cam", "shapley", "occlusion")]
    assert memory_growth(network, cat, calls=100, methods=methods) < 8 * 2**20


def test_a_network_that_keeps_something_of_each_call_is_found_out(network, cat):
    leaking, kept = copy.deepcopy(network), []
    classify = leaking.classify

    def keep(activations):
        pages = mmap.mmap(-1, 2**20)  # from the system: malloc may still hold what earlier tests have freed
        pages.write(b"x" * 2**20)
        kept.append(pages)
        return classify(activations)

    leaking.classify = keep
    growth = memory_growth(leaking, cat, calls=60, methods=["grad_cam"])
    assert growth > 20 * 2**20, "the second half keeps 30 MiB"
    found = ConcurrencyChecks(wrong=0, compared=1, traces=[], growth=growth, slow_growth=0)
    assert found.misses() == ["memory grows"]
    assert ConcurrencyChecks(wrong=0, compared=1, traces=[], growth=2**20, slow_growth=0).misses() == []
