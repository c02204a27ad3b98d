from dataclasses import replace

import numpy as np
import pytest

from interpret.across_pictures.similar import similar
from interpret.choices import ChoiceError
from interpret.drawing.render import enlarge
from tests.conftest import EXAMPLES

CAT = EXAMPLES / "cat.png"


def test_the_nearest_pictures_are_those_of_an_independent_search(explainer, release, cat):
    _, activations = release.network.forward_with_activations(cat)
    wanted = activations["resnet_block3"].amax(dim=(2, 3))[0].detach().numpy()
    distances = np.sqrt(((release.gallery.features.astype(np.float64) - wanted) ** 2).sum(axis=1))
    found = similar(explainer, CAT, "crop", 5)
    assert found.rows.tolist() == np.argsort(distances)[:5].tolist()
    assert np.allclose(found.distances, np.sort(distances)[:5], atol=1e-3)


def test_a_gallery_picture_is_most_like_itself(explainer, release, tmp_path):
    from PIL import Image

    Image.fromarray(release.gallery.images[123]).save(tmp_path / "itself.png")
    found = similar(explainer, tmp_path / "itself.png", "crop", 1)
    assert found.rows.tolist() == [123] and found.distances[0] < 0.02


def test_pictures_captions_sentence_and_numbers_agree(explainer, release):
    found = similar(explainer, CAT, "crop", 4)
    (picture, caption), *_ = found.pictures()
    assert np.array_equal(picture, enlarge(release.gallery.images[found.rows[0]], 6))
    assert caption == f"{found.labels[0]}, distance {found.distances[0]:.1f}"
    first = found.numbers()[0]
    assert first["train_index"] == release.gallery.train_indices[found.rows[0]] and first["label"] == found.labels[0]
    assert "Of the 2,000 training pictures in the gallery, the 4 that are nearest" in found.sentence()


def test_labels_are_counted_the_most_frequent_first(explainer, release):
    gallery = replace(release.gallery, labels=np.arange(2000) % 2)
    poor = replace(explainer, release=replace(release, read_table=lambda name: gallery))
    found = similar(poor, CAT, "crop", 24)
    airplanes = found.labels.count("airplane")
    more, fewer = sorted(((airplanes, "airplane"), (24 - airplanes, "automobile")), reverse=True)
    assert f"are labelled {more[1]} ({more[0]}) and {fewer[1]} ({fewer[0]}); distances" in found.sentence()


def test_one_picture_is_told_of_as_one(explainer):
    found = similar(explainer, CAT, "crop", 1)
    words = f"the one that is nearest to this picture in the network's last features is labelled {found.labels[0]}, at "
    assert words in found.sentence()


def test_a_count_out_of_range_and_a_release_without_a_gallery_are_refused_in_words(explainer, release):
    with pytest.raises(ChoiceError, match="count must be a whole number from 1 to 24, got 25"):
        similar(explainer, CAT, "crop", 25)
    poor = replace(release, read_table=lambda name: None, lacks={"gallery.parquet": "is not part of it"})
    with pytest.raises(ChoiceError, match=r"This release cannot tell: gallery\.parquet is not part of it\."):
        similar(replace(explainer, release=poor), CAT, "crop", 3)
