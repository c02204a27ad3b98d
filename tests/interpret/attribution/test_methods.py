import inspect

import pytest

from interpret.attribution.methods import (
    GROUPS,
    METHOD_NAMES,
    METHODS,
    check_method_at,
    method_named,
    methods_at,
)
from interpret.choices import ChoiceError


def test_an_unknown_method_is_answered_with_the_methods_there_are():
    with pytest.raises(ChoiceError, match=r"Unknown method 'gradcam2'. Allowed: grad_cam, grad_cam_plus_plus"):
        method_named("gradcam2")


def test_every_method_says_what_it_does_in_which_unit():
    assert all(method.idea and method.unit and method.title for method in METHODS)
    assert all(inspect.getdoc(method.rule) for method in METHODS if method.rule)


def test_every_method_stands_in_a_group_and_no_group_is_empty():
    assert {method.group for method in METHODS} == set(GROUPS)


def test_only_those_whose_cells_add_up_are_said_to():
    exact = [method.name for method in METHODS if method.group == "adds up exactly"]
    assert exact == ["hires_cam", "shared_credit"] == [method.name for method in METHODS if method.sums_gradient]


def test_a_method_of_the_last_layer_says_so_elsewhere():
    assert set(METHOD_NAMES) - {each.name for each in methods_at("custom_block2")} == {"shared_credit"}
    assert methods_at("resnet_block3") == METHODS
    check_method_at(method_named("shared_credit"), "resnet_block3")
    with pytest.raises(ChoiceError, match="Shared credit exists at resnet_block3 only, the last layer"):
        check_method_at(method_named("shared_credit"), "custom_block2")


def test_a_paper_is_linked_by_its_number_or_its_address():
    assert method_named("grad_cam").link == "https://arxiv.org/abs/1610.02391"
    assert method_named("shapley").link == "https://doi.org/10.1016/j.cor.2008.04.004"
    assert method_named("random_cam").link is None
