import numpy as np
import pytest

from model.channels.gallery import GALLERY, load_gallery, save_gallery
from model.files.tables import TableError
from model.network import CIFAR10_CLASSES
from tests.model.test_samples import drop_column
from tests.small_releases import small_gallery


@pytest.fixture
def folder(tmp_path):
    save_gallery(small_gallery(), CIFAR10_CLASSES, tmp_path)
    return tmp_path


def test_what_was_written_is_read_back(folder):
    found, given = load_gallery(folder, 10, 512), small_gallery()
    assert len(found) == 20
    for name in ("images", "train_indices", "labels", "features"):
        assert np.array_equal(getattr(found, name), getattr(given, name)), name


def test_the_nearest_pictures_come_first_with_euclidean_distances():
    gallery = small_gallery()
    wanted = gallery.features[7] + 0.01
    rows, distances = gallery.nearest(wanted, 3)
    every = np.sqrt(((gallery.features - wanted) ** 2).sum(axis=1))
    assert rows[0] == 7 and np.array_equal(rows, np.argsort(every)[:3])
    assert np.allclose(distances, np.sort(every)[:3], rtol=1e-5)


@pytest.mark.parametrize("column", ["image", "train_index", "label", "features"])
def test_a_gallery_without_a_column_is_refused_by_its_name(folder, column):
    drop_column(folder / GALLERY, column)
    with pytest.raises(TableError, match=f"it has no column {column}"):
        load_gallery(folder, 10, 512)


def test_a_gallery_of_another_network_or_of_nothing_is_refused(folder, tmp_path):
    with pytest.raises(TableError, match="features must hold 1022 bytes in each row"):
        load_gallery(folder, 10, 511)
    with pytest.raises(TableError, match="label holds a number outside 0 to 8"):
        load_gallery(folder, 9, 512)
    save_gallery(small_gallery(0), CIFAR10_CLASSES, tmp_path)
    with pytest.raises(TableError, match="it holds no pictures"):
        load_gallery(tmp_path, 10, 512)


def test_features_that_are_no_numbers_are_refused(tmp_path):
    gallery = small_gallery()
    gallery.features[3, 5] = np.nan
    save_gallery(gallery, CIFAR10_CLASSES, tmp_path)
    with pytest.raises(TableError, match="features must hold finite numbers"):
        load_gallery(tmp_path, 10, 512)


def test_the_bundled_gallery_holds_two_hundred_training_pictures_of_each_class(release):
    gallery = release.gallery
    assert np.bincount(gallery.labels).tolist() == [200] * 10
    assert (np.diff(gallery.train_indices) > 0).all() and gallery.train_indices[-1] < 50_000
