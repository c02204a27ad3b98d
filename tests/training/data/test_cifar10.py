import pickle
import shutil

import numpy as np
import pytest
from huggingface_hub.utils import httpx

from tests.conftest import SUBSET
from training.data.cifar10 import DataError, load_cifar10, split_validation


@pytest.fixture
def unmarked(tmp_path):
    """The subset without the mark that says it is one: it must be held against CIFAR-10's hashes."""
    shutil.copytree(SUBSET / "plain_text", tmp_path / "plain_text")
    return tmp_path


def test_a_marked_subset_is_read_as_it_is():
    train, test = load_cifar10(SUBSET)
    assert (len(train), len(test)) == (120, 60)
    assert train.images.dtype == np.uint8 and train.images.shape[1:] == (32, 32, 3)
    assert np.bincount(train.labels).tolist() == [12] * 10


def test_pictures_that_are_not_cifar10_are_refused(unmarked):
    with pytest.raises(DataError, match="not CIFAR-10's: SHA-256"):
        load_cifar10(unmarked)


def test_a_damaged_file_is_refused_by_name(unmarked):
    (unmarked / "plain_text" / "test-00000-of-00001.parquet").write_bytes(b"PAR1 is not enough")
    with pytest.raises(DataError, match=r"test-00000-of-00001\.parquet"):
        load_cifar10(unmarked)


@pytest.mark.parametrize("name", ["train", "test"])
def test_a_file_with_a_flipped_byte_anywhere_is_refused(unmarked, name):
    path = unmarked / "plain_text" / f"{name}-00000-of-00001.parquet"
    sound, generator = path.read_bytes(), np.random.default_rng(0)
    ends = [*range(4), *range(len(sound) - 200, len(sound), 4)]
    for at in (*ends, *generator.integers(len(sound), size=30)):
        damaged = bytearray(sound)
        damaged[at] ^= 1 << generator.integers(8)
        path.write_bytes(damaged)
        with pytest.raises(DataError):
            load_cifar10(unmarked)


def test_without_data_and_network_it_says_where_to_put_the_data(monkeypatch):
    def unreachable(*_, **__):
        raise httpx.ConnectError("no route to host")

    monkeypatch.delenv("CIFAR10_DIR", raising=False)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", unreachable)
    with pytest.raises(DataError, match=r"Could not download CIFAR-10 .*no route to host.*--data-dir or CIFAR10_DIR"):
        load_cifar10()


def test_an_empty_folder_is_answered_with_what_it_should_hold(tmp_path):
    with pytest.raises(DataError, match=r"plain_text/train-00000-of-00001\.parquet.*cifar-10-batches-py"):
        load_cifar10(tmp_path)


def test_the_environment_names_the_folder_if_the_caller_does_not(monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", str(SUBSET))
    assert len(load_cifar10()[0]) == 120


def test_a_damaged_torchvision_folder_is_a_sentence(tmp_path):
    batches = tmp_path / "cifar-10-batches-py"
    batches.mkdir()
    (batches / "data_batch_1").write_bytes(pickle.dumps({}))
    with pytest.raises(DataError, match="damaged or incomplete"):
        load_cifar10(tmp_path)


@pytest.mark.whole_data
def test_the_whole_data_set_is_verified_and_split_as_stated(whole_data):
    train, test = load_cifar10(whole_data)
    assert (len(train), len(test)) == (50_000, 10_000)
    kept, held_out = split_validation(train, 5_000, seed=0)
    assert (len(kept), len(held_out)) == (45_000, 5_000)


def test_the_validation_pictures_are_not_trained_on_and_none_is_lost():
    train, _ = load_cifar10(SUBSET)
    kept, held_out = split_validation(train, 20, seed=0)
    together = {image.tobytes() for image in kept.images} | {image.tobytes() for image in held_out.images}
    assert (len(kept), len(held_out)) == (100, 20)
    assert together == {image.tobytes() for image in train.images}


def test_the_split_depends_on_the_seed_alone():
    train, _ = load_cifar10(SUBSET)
    first, again, other = (split_validation(train, 20, seed)[1].images for seed in (0, 0, 1))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_holding_out_everything_is_refused():
    train, _ = load_cifar10(SUBSET)
    with pytest.raises(DataError, match="120 of 120"):
        split_validation(train, 120, seed=0)
