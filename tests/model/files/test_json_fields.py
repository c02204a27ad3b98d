from dataclasses import dataclass

import pytest

from model.files.json_fields import FieldError, JsonObject, count, list_of, mapping_of, number, plain, share, text


def read(value: object) -> JsonObject:
    return JsonObject(value, "", [])


def test_a_field_inside_others_is_named_by_its_path():
    found = read({"a": {"b": [0.5, "x"]}})
    with pytest.raises(FieldError, match=r"^a\.b\[1\] must be a number from 0 to 1, got 'x'$"):
        found.required("a", found.within(lambda inner: inner.required("b", list_of(share))))


def test_a_missing_field_is_an_error_if_required_and_none_if_optional():
    found = read({})
    with pytest.raises(FieldError, match=r"^a is missing$"):
        found.required("a", text)
    assert found.optional("a", text) is None and not found.problems


def test_an_optional_field_that_is_wrong_is_none_and_kept_as_a_problem():
    found = read({"a": 1, "b": "two"})
    assert (found.optional("a", text), found.optional("b", text)) == (None, "two")
    assert [str(problem) for problem in found.problems] == ["a must be a string, got 1"]


def test_entries_that_are_wrong_are_left_out_and_those_of_a_mapping_are_an_error():
    found = read({"a": {"x": 1, "y": -1, "z": 3}})
    assert found.required("a", found.entries_of(count)) == {"x": 1, "z": 3}
    assert [str(problem) for problem in found.problems] == ["a.y must be a whole number, at least 0, got -1"]
    with pytest.raises(FieldError, match=r"^a\.y must be"):
        found.required("a", mapping_of(count))


@pytest.mark.parametrize("value", [True, "1", None, float("nan"), float("inf"), -float("inf"), 10**400])
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(FieldError, match="x must be a finite number, got"):
        number(value, "x")


def test_a_long_value_is_cut_off_in_the_message():
    with pytest.raises(FieldError) as caught:
        number("y" * 10_000, "x")
    assert len(str(caught.value)) < 300


def test_what_is_no_object_is_refused():
    with pytest.raises(FieldError, match=r"^the document must be an object, got \[\]$"):
        read([])


def test_dataclasses_become_objects_without_what_they_lack():
    @dataclass(frozen=True)
    class Inner:
        pair: tuple[int, int]
        lacking: str | None = None

    assert plain({"a": Inner((1, 2)), "b": (Inner((3, 4)),)}) == {"a": {"pair": [1, 2]}, "b": [{"pair": [3, 4]}]}
