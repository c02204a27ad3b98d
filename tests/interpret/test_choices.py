import math

import pytest

from interpret.choices import ChoiceError, check_fraction, check_name, check_whole


def test_a_name_that_exists_is_given_back():
    assert check_name("fill", "blur", ("mean", "blur")) == "blur"


@pytest.mark.parametrize("name", ["Blur", "", "mean, blur"])
def test_a_name_that_does_not_exist_is_answered_with_all_that_do(name):
    with pytest.raises(ChoiceError) as caught:
        check_name("fill", name, ("mean", "blur"))
    assert str(caught.value) == f"Unknown fill {name!r}. Allowed: mean, blur."


@pytest.mark.parametrize("value", [3, 3.0, 1, 10])
def test_a_whole_number_in_its_range_comes_back_as_an_int(value):
    found = check_whole("top_k", value, 1, 10)
    assert found == value and type(found) is int


@pytest.mark.parametrize("value", [0, 11, 2.5, -1, True, math.nan, math.inf, -math.inf])
def test_what_is_no_whole_number_in_the_range_is_refused_with_the_range(value):
    with pytest.raises(ChoiceError) as caught:
        check_whole("top_k", value, 1, 10)
    assert str(caught.value) == f"top_k must be a whole number from 1 to 10, got {value!r}."


@pytest.mark.parametrize("value", [0, 1, 0.25])
def test_a_fraction_from_0_to_1_comes_back_as_a_float(value):
    found = check_fraction("opacity", value)
    assert found == value and type(found) is float


@pytest.mark.parametrize("value", [-0.01, 1.01, True, False, math.nan, math.inf])
def test_what_is_no_fraction_is_refused_and_never_clipped(value):
    with pytest.raises(ChoiceError) as caught:
        check_fraction("opacity", value)
    assert str(caught.value) == f"opacity must be a number from 0 to 1, got {value!r}."


def test_a_wrong_choice_is_a_wrong_value():
    assert issubclass(ChoiceError, ValueError)
