import numpy as np
import pytest
import torch

from tests.conftest import SUBSET
from training.data.cifar10 import DataError, load_cifar10
from training.data.datamodule import AugmentedBatches, BatchPlan, Cifar10DataModule, ShuffledBatches
from training.recipe import Recipe

MEAN = (0.5, 0.5, 0.5)


@pytest.fixture
def data() -> Cifar10DataModule:
    return Cifar10DataModule(*load_cifar10(SUBSET), Recipe(batch_size=30, validation_images=20), MEAN)


def order(batches: ShuffledBatches) -> list[int]:
    return [index for plan in batches for index in plan.indices]


def test_every_picture_comes_once_per_epoch():
    assert sorted(order(ShuffledBatches(100, 10, seed=0))) == list(range(100))


def test_the_order_is_shuffled_anew_in_every_epoch():
    batches = ShuffledBatches(100, 10, seed=0)
    first = order(batches)
    batches.set_epoch(1)
    assert first != list(range(100)) and order(batches) != first


def test_batches_are_whole_and_the_remainder_is_dropped():
    assert [len(plan.indices) for plan in ShuffledBatches(100, 30, seed=0)] == [30, 30, 30]


def test_every_batch_has_an_augmentation_seed_of_its_own():
    seeds = [plan.seed for plan in ShuffledBatches(100, 10, seed=0)]
    assert len(set(seeds)) == 10


def test_every_picture_is_mirrored_in_every_second_epoch():
    batches = ShuffledBatches(100, 10, seed=0)
    mirrored = []
    for epoch in range(3):
        batches.set_epoch(epoch)
        mirrored.append({index for plan in batches for index in plan.indices[plan.mirrored]})
    assert 30 < len(mirrored[0]) < 70
    assert mirrored[1] == set(range(100)) - mirrored[0] and mirrored[2] == mirrored[0]


def test_the_pictures_that_a_plan_names_are_mirrored_and_no_others(data):
    batches = AugmentedBatches(data.test, Recipe(crop_padding=0, cutout_size=0), MEAN)
    images, labels = batches[BatchPlan((7,), np.array([3, 5, 8]), np.array([True, False, True]))]
    originals = data.test.images[[3, 5, 8]]
    expected = np.stack([originals[0][:, ::-1], originals[1], originals[2][:, ::-1]])
    assert np.array_equal(images.permute(0, 2, 3, 1).numpy(), expected)
    assert labels.tolist() == data.test.labels[[3, 5, 8]].tolist()


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


@pytest.mark.parametrize("processes", [2, 5])
def test_processes_share_every_batch_out_among_them(processes):
    whole = list(ShuffledBatches(100, 10, seed=0))
    shares = []
    for rank in range(processes):
        batches = ShuffledBatches(100, 10, seed=0)
        batches.share_with(processes, rank)
        shares.append(list(batches))
    for plan, parts in zip(whole, zip(*shares, strict=True), strict=True):
        assert {len(part.indices) for part in parts} == {10 // processes}
        assert sorted(np.concatenate([part.indices for part in parts])) == sorted(plan.indices)
        assert len({part.seed for part in parts}) == processes


def test_a_batch_that_cannot_be_shared_evenly_is_refused():
    with pytest.raises(DataError, match="batch of 10 cannot be shared evenly by 4"):
        ShuffledBatches(100, 10, seed=0).share_with(processes=4, rank=0)


def test_the_whole_of_the_training_pictures_is_kept_in_the_order_of_the_files(data):
    train, _ = load_cifar10(SUBSET)
    assert np.array_equal(data.whole_train.images, train.images)
    assert np.array_equal(data.whole_train.labels, train.labels)
    assert len(data.whole_train) == len(data.train) + len(data.validation) == 120


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
