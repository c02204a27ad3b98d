import pillow_heif
import pytest
from PIL import Image

from training.data.class_folders import has_class_folders, read_class_folders
from training.data.split import DataError


def pictures(folder, count, colour=0, ending="png"):
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.new("RGB", (50, 30 + number), (colour, number, 0)).save(folder / f"{number}.{ending}")


def test_a_folder_of_class_folders_has_no_test_pictures_of_its_own(tmp_path):
    pictures(tmp_path / "wild boar", 2, 10)
    pictures(tmp_path / "Bär", 1, 20, "jpg")
    (tmp_path / "wild boar" / "notes.txt").write_text("no picture")
    (tmp_path / ".cache").mkdir()
    (tmp_path / "empty").mkdir()
    found = read_class_folders(tmp_path)
    assert (found.class_names, found.test) == (("Bär", "wild boar"), None)
    assert found.train.labels.tolist() == [0, 1, 1] and found.train.images.shape == (3, 32, 32, 3)
    assert found.train.images[1, 0, 0].tolist() == [10, 0, 0]


@pytest.mark.parametrize("test", ["test", "val"])
def test_train_and_test_folders_are_kept_apart(tmp_path, test):
    for part, counts in (("train", (2, 3)), (test, (1, 2))):
        for name, count in zip(("oak", "elm"), counts, strict=True):
            pictures(tmp_path / part / name, count)
    found = read_class_folders(tmp_path)
    assert found.class_names == ("elm", "oak")
    assert (found.train.labels.tolist(), found.test.labels.tolist()) == ([0, 0, 0, 1, 1], [0, 0, 1])


def test_a_class_may_be_called_train_and_lack_test_pictures(tmp_path):
    for name in ("train", "test", "bus"):
        pictures(tmp_path / name, 1)
    assert read_class_folders(tmp_path).class_names == ("bus", "test", "train")
    for name in ("a", "b"):
        pictures(tmp_path / "split" / "train" / name, 1)
    pictures(tmp_path / "split" / "test" / "b", 1)
    assert read_class_folders(tmp_path / "split").test.labels.tolist() == [1]


def test_a_class_of_which_there_are_only_test_pictures_is_named(tmp_path):
    pictures(tmp_path / "train" / "oak", 1)
    pictures(tmp_path / "test" / "ash", 1)
    with pytest.raises(DataError, match=r"has the class .ash., which .*train has not"):
        read_class_folders(tmp_path)


def test_what_a_phone_wrote_is_read_too(tmp_path):
    (tmp_path / "oak").mkdir()
    pillow_heif.from_pillow(Image.new("RGB", (64, 64), "red")).save(tmp_path / "oak" / "IMG_1.HEIC")
    assert len(read_class_folders(tmp_path).train) == 1


def test_a_damaged_picture_is_named(tmp_path):
    pictures(tmp_path / "oak", 1)
    (tmp_path / "oak" / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"Could not read .*oak/broken\.jpg"):
        read_class_folders(tmp_path)


def test_a_folder_without_pictures_has_no_classes(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("x")
    assert not has_class_folders(tmp_path)
