from dataclasses import replace

import numpy as np
import pytest

from interpret.choices import ChoiceError
from interpret.misclassified.opened import NO_NEAREST, open_error
from interpret.misclassified.selection import errors_of
from interpret.misclassified.verdicts import Verdicts


@pytest.fixture(scope="module")
def errors(release):
    return errors_of(release)


def test_the_margin_map_of_every_error_adds_up_to_its_margin(explainer, errors):
    for row in range(len(errors)):
        found = open_error(explainer, errors, int(errors.samples.test_indices[row]))
        assert float(found.ledger.cells.sum()) == pytest.approx(found.margin, rel=1e-6)
        assert found.margin == pytest.approx(errors.margins[row], rel=1e-4, abs=3e-6)
        assert np.sum(found.numbers()["cells"]) == pytest.approx(found.numbers()["margin"], rel=1e-6)


def test_an_error_is_told_with_its_label_its_lead_and_what_people_said(explainer, errors):
    found = open_error(explainer, errors, 2405)
    assert found.sentence().startswith(
        "Test picture 2,405 is labelled cat and taken for frog (over 99%), which leads by 6.25 logits. Of 5 people who "
        "were asked whether it is cat or frog, 5 said frog: the label is rejected."
    )
    assert np.array_equal(found.pixels, errors.samples.images[errors.row_of(2405)])


def test_the_nearest_training_pictures_come_with_labels_and_distances(explainer, errors, release):
    found = open_error(explainer, errors, 2405)
    row, near = errors.row_of(2405), release.nearest
    assert len(found.neighbours()) >= 3
    for (image, caption), at in zip(found.neighbours(), range(near.labels.shape[1]), strict=True):
        assert np.array_equal(image, near.images[row, at])
        assert caption == f"{errors.class_names[near.labels[row, at]]}, distance {near.distances[row, at]:.1f}"
    assert (np.diff(near.distances, axis=1) >= 0).all()


def test_a_release_without_nearest_training_pictures_says_so(release, explainer, errors):
    poor = replace(explainer, release=replace(release, read_table=lambda name: None))
    found = open_error(poor, errors, 2405)
    assert found.neighbours() == [] and found.sentence().endswith(NO_NEAREST) and found.numbers()["nearest"] is None


def test_what_they_are_labelled_is_counted(release, explainer, errors):
    row = errors.row_of(2405)
    labels = release.nearest.labels.copy()
    labels[row] = [6, 6, 3, 6][: labels.shape[1]]
    changed = replace(release, read_table=lambda name: replace(release.nearest, labels=labels))
    told = open_error(replace(explainer, release=changed), errors, 2405)
    assert "nearest training pictures are labelled frog (3) and cat (1)." in told.sentence()


def test_the_numbers_say_null_where_nobody_was_asked(explainer, errors):
    unknown = replace(errors, verdicts=Verdicts(np.zeros((len(errors), 4), int), np.full(len(errors), -1)))
    reviewed, not_reviewed = (open_error(explainer, each, 2405).numbers() for each in (errors, unknown))
    assert reviewed["votes"] == {"given": 0, "other": 5, "both": 0, "neither": 0} and reviewed["other_class"] == "frog"
    assert not_reviewed["votes"] is None and not_reviewed["other_class"] is None


def test_a_picture_that_is_no_error_is_refused(explainer, errors):
    with pytest.raises(ChoiceError, match="Test picture 1 is not among"):
        open_error(explainer, errors, 1)
