import albumentations as A
import cv2
import numpy as np
import pytest
import torch

from training.data.augmentation import AugmentationError, BatchAugmentation, Parameters, augmentation
from training.recipe import Recipe

MEAN = (0.5, 0.4, 0.3)
ALONE = {"crop_padding": 0, "cutout_size": 0}


@pytest.fixture
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (64, 32, 32, 3), dtype=np.uint8)


def augmented(pictures: np.ndarray, seed: int = 0, **recipe) -> np.ndarray:
    augment, generator = BatchAugmentation(augmentation(Recipe(**recipe), MEAN)), np.random.default_rng(seed)
    parameters = augment.draw(generator, mirrored=generator.integers(2, size=len(pictures)) == 1)
    return augment(torch.from_numpy(pictures), parameters).numpy()


def drawn_by_albumentations(compose: A.Compose, picture: np.ndarray) -> tuple[np.ndarray, tuple[int, ...]]:
    """The picture that the pipeline itself makes, and the parameters that it drew, in the order of `Parameters`."""
    made = A.ReplayCompose(compose.transforms)(image=picture)
    steps = {each["__class_fullname__"]: each for each in made["replay"]["transforms"]}
    crop = steps["RandomCrop"]["params"]["crop_coords"] if "RandomCrop" in steps else (0, 0)
    hole = steps["CoarseDropout"]["params"]["holes"][0] if "CoarseDropout" in steps else (0, 0)
    return made["image"], (crop[1], crop[0], steps["HorizontalFlip"]["applied"], hole[1], hole[0])


@pytest.mark.parametrize("recipe", [{}, ALONE, {"crop_padding": 0}, {"cutout_size": 0}, {"crop_padding": 2}])
def test_a_batch_gets_the_same_pixels_as_albumentations_makes_with_the_same_parameters(pictures, recipe):
    compose = augmentation(Recipe(**recipe), MEAN)
    made, drawn = zip(*(drawn_by_albumentations(compose, each) for each in pictures), strict=True)
    parameters = Parameters(*(np.array(column) for column in zip(*drawn, strict=True)))
    assert np.array_equal(BatchAugmentation(compose)(torch.from_numpy(pictures), parameters).numpy(), np.stack(made))


def test_parameters_are_drawn_from_the_same_ranges_as_albumentations_draws_them(pictures):
    compose = augmentation(Recipe(), MEAN)
    theirs = np.array([drawn_by_albumentations(compose, pictures[0])[1] for _ in range(2_000)])
    ours = np.array(BatchAugmentation(compose).draw(np.random.default_rng(0), np.arange(2_000) % 2 == 1)).T
    assert np.array_equal(ours.min(axis=0), theirs.min(axis=0)) and np.array_equal(ours.max(axis=0), theirs.max(axis=0))
    np.testing.assert_allclose(ours.mean(axis=0), theirs.mean(axis=0), atol=0.6)


def test_a_transform_that_batches_do_not_know_is_refused_by_name():
    with pytest.raises(AugmentationError, match="VerticalFlip"):
        BatchAugmentation(A.Compose([A.VerticalFlip()]))


@pytest.mark.parametrize(
    "transform",
    [
        A.HorizontalFlip(p=0.9),
        A.RandomCrop(28, 32),
        A.PadIfNeeded(40, 44, border_mode=cv2.BORDER_REFLECT_101),
        A.PadIfNeeded(40, 40, border_mode=cv2.BORDER_CONSTANT),
        A.CoarseDropout(num_holes_range=(1, 2), hole_height_range=(8, 8), hole_width_range=(8, 8), p=1),
        A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(8, 8), hole_width_range=(8, 12), p=1),
        A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(4, 8), hole_width_range=(4, 8), p=1),
        A.CoarseDropout(num_holes_range=(1, 1), hole_height_range=(8, 8), hole_width_range=(8, 8), p=0.5),
    ],
    ids=str,
)
def test_a_declaration_that_batches_would_not_follow_is_refused(transform):
    with pytest.raises(AugmentationError, match=rf"{type(transform).__name__}\(\w+=.*\), only with"):
        BatchAugmentation(A.Compose([transform]))


def test_flipping_mirrors_about_half_of_the_pictures_and_changes_nothing_else(pictures):
    result = augmented(pictures, **ALONE)
    mirrored = [np.array_equal(after, before[:, ::-1]) for before, after in zip(pictures, result, strict=True)]
    kept = [np.array_equal(after, before) for before, after in zip(pictures, result, strict=True)]
    assert all(one or other for one, other in zip(mirrored, kept, strict=True))
    assert 16 < sum(mirrored) < 48


def test_cropping_shifts_by_up_to_four_pixels_and_fills_by_reflection(pictures):
    result = augmented(pictures, crop_padding=4, cutout_size=0)
    offsets = set()
    for before, after in zip(pictures, result, strict=True):
        padded = np.pad(before, ((4, 4), (4, 4), (0, 0)), mode="reflect")
        views = np.lib.stride_tricks.sliding_window_view(padded, (32, 32, 3))[:, :, 0]
        found = [np.argwhere((views == each).all(axis=(2, 3, 4))) for each in (after, after[:, ::-1])]
        places = np.concatenate(found)
        assert len(places) >= 1
        offsets.add(tuple(places[0]))
    assert len(offsets) > 20


def test_cutout_fills_one_square_with_the_mean_colour(pictures):
    result = augmented(pictures, crop_padding=0, cutout_size=8)
    fill = np.round(np.array(MEAN) * 255)
    for before, after in zip(pictures, result, strict=True):
        rows, columns = np.nonzero((after == fill).all(axis=2))
        assert len(rows) >= 64
        assert rows.max() - rows.min() == 7 and columns.max() - columns.min() == 7
        outside = np.ones((32, 32), bool)
        outside[rows, columns] = False
        same = np.array_equal(after[outside], before[outside])
        assert same or np.array_equal(after[outside], before[:, ::-1][outside])


def test_every_picture_of_a_batch_gets_its_own_parameters():
    same = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8).repeat(32, axis=0)
    assert len({picture.tobytes() for picture in augmented(same)}) > 25


def test_the_seed_decides_everything(pictures):
    assert np.array_equal(augmented(pictures, seed=1), augmented(pictures, seed=1))
    assert not np.array_equal(augmented(pictures, seed=1), augmented(pictures, seed=2))


def test_the_pictures_themselves_are_not_changed(pictures):
    before = pictures.copy()
    augmented(pictures)
    assert np.array_equal(pictures, before)
