import numpy as np
import pytest
import torch

from training.cifar10 import DataError, load_cifar10
from training.datamodule import Cifar10DataModule, ShuffledBatches
from training.recipe import Recipe

from ..conftest import SUBSET

MEAN = (0.5, 0.5, 0.5)


@pytest.fixture
def data() -> Cifar10DataModule:
    return Cifar10DataModule(*load_cifar10(SUBSET), Recipe(batch_size=30, validation_images=20), MEAN)


def order(batches: ShuffledBatches) -> list[int]:
    return [index for _, indices in batches for index in indices]


def test_every_picture_comes_once_per_epoch():
    assert sorted(order(ShuffledBatches(100, 10, seed=0))) == list(range(100))


def test_the_order_is_shuffled_anew_in_every_epoch():
    batches = ShuffledBatches(100, 10, seed=0)
    first = order(batches)
    batches.set_epoch(1)
    assert first != list(range(100)) and order(batches) != first


def test_batches_are_whole_and_the_remainder_is_dropped():
    assert [len(indices) for _, indices in ShuffledBatches(100, 30, seed=0)] == [30, 30, 30]


def test_every_batch_has_an_augmentation_seed_of_its_own():
    seeds = [seed for seed, _ in ShuffledBatches(100, 10, seed=0)]
    assert len(set(seeds)) == 10


def test_a_batch_larger_than_the_split_is_refused():
    with pytest.raises(DataError, match="batch of 101 is larger than the 100"):
        ShuffledBatches(100, 101, seed=0)


def test_a_resumed_loader_continues_with_the_batch_that_comes_next(data):
    whole = [images for images, _ in data.train_dataloader()]
    interrupted = data.train_dataloader()
    stream = iter(interrupted)
    next(stream)
    resumed = data.train_dataloader()
    resumed.load_state_dict(interrupted.state_dict())
    rest = [images for images, _ in resumed]
    assert len(rest) == len(whole) - 1
    assert all(torch.equal(one, other) for one, other in zip(rest, whole[1:], strict=True))


def test_worker_processes_do_not_change_what_is_seen(data):
    alone = [images for images, _ in data.train_dataloader()]
    data.num_workers = 2
    together = [images for images, _ in data.train_dataloader()]
    assert all(torch.equal(one, other) for one, other in zip(alone, together, strict=True))


def test_training_pictures_are_augmented_and_validation_and_test_pictures_are_not(data):
    for loader, split in ((data.val_dataloader(), data.validation), (data.test_dataloader(), data.test)):
        images = torch.cat([images for images, _ in loader]).numpy().transpose(0, 2, 3, 1)
        assert np.array_equal(images, split.images)
    images, _ = next(iter(data.train_dataloader()))
    originals = {image.tobytes() for image in data.train.images}
    assert not {image.tobytes() for image in images.numpy().transpose(0, 2, 3, 1)} & originals


def test_labels_stay_with_their_pictures(data):
    by_label = dict(zip([image.tobytes() for image in data.test.images], data.test.labels, strict=True))
    for images, labels in data.test_dataloader():
        for image, label in zip(images.numpy().transpose(0, 2, 3, 1), labels, strict=True):
            assert by_label[image.tobytes()] == label
