"""The tables of a release are read back as they were written; what cannot be theirs is refused."""

from dataclasses import fields, replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from model.files.tables import TableError
from model.network import CIFAR10_CLASSES
from model.release import load_release
from model.samples import (
    ANSWERS,
    NEAREST,
    REVIEWS,
    SAMPLES,
    load_misclassified,
    load_nearest,
    load_reviews,
    save_misclassified,
    save_nearest,
    save_reviews,
)
from tests.small_releases import two_nearest, two_reviews, with_tables


def assert_equal(found, expected):
    for each in fields(expected):
        one, other = getattr(found, each.name), getattr(expected, each.name)
        assert np.array_equal(one, other) and one.shape == other.shape, each.name


def drop_column(path, name):
    pq.write_table(pq.read_table(path).drop_columns([name]), path)


def test_errors_are_read_back_as_they_were_written(samples, tmp_path):
    save_misclassified(samples, CIFAR10_CLASSES, tmp_path)
    assert_equal(load_misclassified(tmp_path, 10), samples)


def test_reviews_are_read_back_as_they_were_written(tmp_path):
    save_reviews(two_reviews(), CIFAR10_CLASSES, tmp_path)
    assert_equal(load_reviews(tmp_path, 10), two_reviews())


def test_nearest_training_images_are_read_back_as_they_were_written(samples, tmp_path):
    save_nearest(two_nearest(samples), CIFAR10_CLASSES, tmp_path)
    assert_equal(load_nearest(tmp_path, 10, samples), two_nearest(samples))


def test_the_class_that_people_were_offered_and_the_votes_for_it_do_not_share_a_column(tmp_path):
    save_reviews(two_reviews(), CIFAR10_CLASSES, tmp_path)
    assert load_reviews(tmp_path, 10).others.tolist() == [5, 9]
    assert load_reviews(tmp_path, 10).votes[:, ANSWERS.index("other")].tolist() == [3, 2]


def test_each_error_has_a_row_for_each_of_its_nearest_training_images(samples, tmp_path):
    save_nearest(two_nearest(samples), CIFAR10_CLASSES, tmp_path)
    rows = pq.read_table(tmp_path / NEAREST).to_pylist()
    assert [(row["test_index"], row["rank"], row["train_index"], row["label"]) for row in rows] == [
        (4, 1, 77, 7), (4, 2, 100, 0), (7, 1, 77, 7), (7, 2, 101, 1), (9, 1, 77, 7), (9, 2, 102, 2),
    ]  # fmt: skip


def test_nearest_training_images_of_other_errors_are_refused(samples, tmp_path):
    save_nearest(two_nearest(samples), CIFAR10_CLASSES, tmp_path)
    for others in (
        replace(samples, test_indices=np.array([4, 7, 8])),
        replace(samples, test_indices=samples.test_indices[::-1]),
        replace(samples, **{each.name: getattr(samples, each.name)[:2] for each in fields(samples)}),
    ):
        with pytest.raises(TableError, match=r"it is of other errors than misclassified\.parquet"):
            load_nearest(tmp_path, 10, others)


def test_a_test_picture_that_was_reviewed_twice_is_refused(tmp_path):
    save_reviews(replace(two_reviews(), test_indices=np.array([4, 4])), CIFAR10_CLASSES, tmp_path)
    with pytest.raises(TableError, match="it holds a test picture twice"):
        load_reviews(tmp_path, 10)


def test_errors_of_classes_that_do_not_exist_are_refused(samples, tmp_path):
    save_misclassified(replace(samples, labels=samples.labels + 10), CIFAR10_CLASSES, tmp_path)
    with pytest.raises(TableError, match="label holds a number outside 0 to 9"):
        load_misclassified(tmp_path, 10)


@pytest.mark.parametrize("name", ["labels", "others"])
@pytest.mark.parametrize(("shift", "words"), [(10, "a number outside 0 to 9"), (-10, "must hold whole numbers from 0")])
def test_reviews_of_classes_that_do_not_exist_are_refused(tmp_path, name, shift, words):
    reviews = two_reviews()
    save_reviews(replace(reviews, **{name: getattr(reviews, name) + shift}), CIFAR10_CLASSES, tmp_path)
    with pytest.raises(TableError, match=words):
        load_reviews(tmp_path, 10)


def test_nearest_training_images_of_classes_that_do_not_exist_are_refused(samples, tmp_path):
    nearest = two_nearest(samples)
    save_nearest(replace(nearest, labels=nearest.labels + 10), CIFAR10_CLASSES, tmp_path)
    with pytest.raises(TableError, match="label holds a number outside 0 to 9"):
        load_nearest(tmp_path, 10, samples)


def test_a_distance_below_zero_is_refused(samples, tmp_path):
    nearest = two_nearest(samples)
    save_nearest(replace(nearest, distances=-nearest.distances), CIFAR10_CLASSES, tmp_path)
    with pytest.raises(TableError, match="distance must hold finite numbers, at least 0"):
        load_nearest(tmp_path, 10, samples)


@pytest.mark.parametrize("column", ["image", "test_index", "label", "prediction", "probabilities"])
def test_errors_without_a_column_are_refused_by_its_name(samples, tmp_path, column):
    save_misclassified(samples, CIFAR10_CLASSES, tmp_path)
    drop_column(tmp_path / SAMPLES, column)
    with pytest.raises(TableError, match=column):
        load_misclassified(tmp_path, 10)


@pytest.mark.parametrize("column", ["test_index", "label", "other", *(f"votes_{name}" for name in ANSWERS)])
def test_reviews_without_a_column_are_refused_by_its_name(tmp_path, column):
    save_reviews(two_reviews(), CIFAR10_CLASSES, tmp_path)
    drop_column(tmp_path / REVIEWS, column)
    with pytest.raises(TableError, match=f"it has no column {column}"):
        load_reviews(tmp_path, 10)


@pytest.mark.parametrize("column", ["test_index", "train_index", "label", "distance", "image"])
def test_nearest_training_images_without_a_column_are_refused_by_its_name(samples, tmp_path, column):
    save_nearest(two_nearest(samples), CIFAR10_CLASSES, tmp_path)
    drop_column(tmp_path / NEAREST, column)
    with pytest.raises(TableError, match=f"it has no column {column}"):
        load_nearest(tmp_path, 10, samples)


def test_neighbours_of_errors_that_have_none_are_refused(tmp_path, samples):
    nearest = two_nearest(samples)
    none = {name: getattr(nearest, name)[:, :0] for name in ("train_indices", "labels", "distances", "images")}
    save_nearest(replace(nearest, **none), CIFAR10_CLASSES, tmp_path)
    with pytest.raises(TableError, match="it holds no training pictures"):
        load_nearest(tmp_path, 10, samples)


def test_a_large_table_is_read_when_it_is_asked_for_and_must_still_be_the_one_that_was_bound(small_releases, tmp_path):
    folder = with_tables(small_releases[0], tmp_path / "release")
    release, other = load_release(folder), load_release(folder)
    assert release.nearest is release.nearest and len(release.nearest) == len(release.misclassified)
    (folder / NEAREST).write_bytes(b"of another release")
    assert other.nearest is None and "is damaged or of another release" in other.lacks[NEAREST]
