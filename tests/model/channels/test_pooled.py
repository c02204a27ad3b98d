import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from model.channels.pooled import POOLED, PooledMaxima, load_pooled, save_pooled
from model.files.tables import TableError
from model.network import CIFAR10_CLASSES
from tests.small_releases import few_maxima


@pytest.fixture
def folder(tmp_path):
    save_pooled(few_maxima(), CIFAR10_CLASSES, tmp_path)
    return tmp_path


def test_what_was_written_is_read_back_to_half_a_step_of_each_channel(folder):
    found, given = load_pooled(folder, 10, 512), few_maxima()
    assert np.array_equal(found.labels, given.labels) and len(found) == 4
    steps = given.values.max(axis=0) / 65_535
    assert (np.abs(found.values - given.values) <= steps / 2 + 1e-7).all()
    assert (found.values[:, 5] == 0).all()


def test_what_was_read_is_written_again_as_the_same_bytes(folder, tmp_path):
    again = tmp_path / "again"
    again.mkdir()
    save_pooled(load_pooled(folder, 10, 512), CIFAR10_CLASSES, again)
    one, other = (pq.read_table(each / POOLED).column("maxima").to_pylist() for each in (folder, again))
    assert one == other


def test_a_release_without_test_images_holds_no_maxima(tmp_path):
    save_pooled(PooledMaxima(np.zeros(0, np.int64), np.zeros((0, 512), np.float32)), CIFAR10_CLASSES, tmp_path)
    assert load_pooled(tmp_path, 10, 512).values.shape == (0, 512)


def test_a_table_of_another_network_is_refused(folder):
    with pytest.raises(TableError, match="maxima must hold 1022 bytes in each row"):
        load_pooled(folder, 10, 511)
    with pytest.raises(TableError, match="label holds a number outside 0 to 3"):
        load_pooled(folder, 4, 512)


@pytest.mark.parametrize("steps", [[1.0] * 511, [-1.0] * 512, ["a"] * 512, None])
def test_a_table_whose_steps_make_no_sense_is_refused(folder, steps):
    table = pq.read_table(folder / POOLED)
    metadata = {**table.schema.metadata}
    metadata.pop(b"step") if steps is None else metadata.update({b"step": json.dumps(steps).encode()})
    pq.write_table(table.replace_schema_metadata(metadata), folder / POOLED)
    with pytest.raises(TableError, match="step"):
        load_pooled(folder, 10, 512)


def test_the_bundled_maxima_give_the_bundled_accuracy_and_confusion(release):
    predictions = (release.pooled.values @ release.network.fc.weight.numpy().T).argmax(axis=1)
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (release.pooled.labels, predictions), 1)
    assert counts.tolist() == [list(row) for row in release.metrics.test.confusion_matrix]
