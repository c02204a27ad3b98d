from dataclasses import replace

import numpy as np
import pytest

from interpret.layers.channels import channel_counts
from model.channels.facts import CHANNELS, load_facts, save_facts
from model.files.tables import TableError
from tests.model.test_samples import drop_column
from tests.small_tables import facts_of_layer, small_gallery, some_facts

FIELDS = ("strongest", "places", "responses", "class_means", "silent")


def test_what_was_written_is_read_back_layer_by_layer(tmp_path):
    save_facts(some_facts(), tmp_path)
    found, given = load_facts(tmp_path, 10, small_gallery()), some_facts()
    assert list(found) == list(given)
    for layer in given:
        for name in FIELDS:
            assert np.array_equal(getattr(found[layer], name), getattr(given[layer], name)), (layer, name)
    assert found["prep_layer"].right_without is None
    assert np.array_equal(found["resnet_block3"].right_without, given["resnet_block3"].right_without)


@pytest.mark.parametrize("column", ["layer", "channel", "strongest", "rows", "responses", "class_means", "silent"])
def test_facts_without_a_column_are_refused_by_its_name(tmp_path, column):
    save_facts(some_facts(), tmp_path)
    drop_column(tmp_path / CHANNELS, column)
    with pytest.raises(TableError, match=f"it has no column {column}"):
        load_facts(tmp_path, 10, small_gallery())


def test_facts_of_another_gallery_or_of_other_classes_are_refused(tmp_path):
    save_facts(some_facts(), tmp_path)
    with pytest.raises(TableError, match="it names pictures or cells that do not exist"):
        load_facts(tmp_path, 10, small_gallery(10))
    with pytest.raises(TableError, match="class_means must hold lists of 9 numbers"):
        load_facts(tmp_path, 9, small_gallery())


def test_silence_below_zero_is_refused(tmp_path):
    layer = facts_of_layer(64, measured=True)
    save_facts({"prep_layer": replace(layer, silent=layer.silent - 2)}, tmp_path)
    with pytest.raises(TableError, match="silent must hold finite numbers, at least 0"):
        load_facts(tmp_path, 10, small_gallery())


def test_the_bundled_facts_are_of_every_channel_of_every_layer(release):
    assert {name: len(layer) for name, layer in release.channels.items()} == channel_counts(release.network)
    for layer in release.channels.values():
        assert layer.strongest.shape[1] == 9
        assert (np.diff(layer.responses, axis=1) <= 0).all(), "the strongest comes first"
