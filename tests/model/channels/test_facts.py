from dataclasses import replace

import numpy as np
import pytest

from interpret.layers.channels import channel_counts
from model.channels.facts import CHANNELS, load_facts, save_facts
from model.files.tables import TableError
from tests.model.test_samples import drop_column
from tests.small_releases import facts_of_layer, small_gallery, some_facts

FIELDS = ("strongest", "places", "responses", "class_means", "silent")


def test_what_was_written_is_read_back_layer_by_layer(tmp_path):
    save_facts(some_facts(), small_gallery(), tmp_path)
    found, given = load_facts(tmp_path, 10, small_gallery()), some_facts()
    assert list(found) == list(given)
    for layer in given:
        for name in FIELDS:
            assert np.array_equal(getattr(found[layer], name), getattr(given[layer], name)), (layer, name)
    assert found["prep_layer"].right_without is None
    assert np.array_equal(found["resnet_block3"].right_without, given["resnet_block3"].right_without)


@pytest.mark.parametrize(
    "column",
    ["layer", "channel", "strongest", "rows", "columns", "responses", "class_means", "silent", "right_without"],
)
def test_facts_without_a_column_are_refused_by_its_name(tmp_path, column):
    save_facts(some_facts(), small_gallery(), tmp_path)
    drop_column(tmp_path / CHANNELS, column)
    with pytest.raises(TableError, match=f"it has no column {column}"):
        load_facts(tmp_path, 10, small_gallery())


def test_facts_of_another_gallery_or_of_other_classes_are_refused(tmp_path):
    save_facts(some_facts(), small_gallery(), tmp_path)
    others = small_gallery()
    others.images[3, 4, 5] += 1
    with pytest.raises(TableError, match=r"it is of another gallery than gallery\.parquet"):
        load_facts(tmp_path, 10, others)
    with pytest.raises(TableError, match="class_means must hold lists of 9 numbers"):
        load_facts(tmp_path, 9, small_gallery())


def spoilt(name, value):
    layer = facts_of_layer(64, measured=True)
    changed = getattr(layer, name).copy()
    changed[(5,) + (0,) * (changed.ndim - 1)] = value
    return replace(layer, **{name: changed})


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("strongest", 20, "it names pictures that do not exist"),
        ("strongest", -1, "it names pictures that do not exist"),
        ("places", 32, "it names cells of prep_layer that do not exist"),
        ("places", -1, "it names cells of prep_layer that do not exist"),
        ("responses", np.nan, "responses and class_means must be finite"),
        ("class_means", np.inf, "responses and class_means must be finite"),
        ("silent", 1.5, "silent a share"),
        ("silent", -0.5, "silent must hold finite numbers, at least 0"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, name, value, words):
    save_facts({"prep_layer": spoilt(name, value)}, small_gallery(), tmp_path)
    with pytest.raises(TableError, match=words):
        load_facts(tmp_path, 10, small_gallery())


@pytest.mark.parametrize("facts", [{"prep_layer": 32}, {"pool4": 64}])
def test_layers_that_the_network_has_not_are_refused(tmp_path, facts):
    save_facts({name: facts_of_layer(count, measured=True) for name, count in facts.items()}, small_gallery(), tmp_path)
    with pytest.raises(TableError, match="it does not hold the channels of"):
        load_facts(tmp_path, 10, small_gallery())


def test_the_bundled_facts_are_of_every_channel_of_every_layer(release):
    assert {name: len(layer) for name, layer in release.channels.items()} == channel_counts(release.network)
    for layer in release.channels.values():
        assert layer.strongest.shape[1] == 9
        assert (np.diff(layer.responses, axis=1) <= 0).all(), "the strongest comes first"
