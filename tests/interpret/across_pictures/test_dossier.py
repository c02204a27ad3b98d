from dataclasses import replace

import numpy as np
import pytest

from interpret.across_pictures.dossier import dossier, most_lost_first
from interpret.choices import ChoiceError
from interpret.drawing.receptive_field import draw_patch
from interpret.layers.channels import OUTPUT, channels_of, layer_names, module_name
from interpret.layers.receptive_field import receptive_field
from model.images import to_tensor
from model.network import CifarResNet
from model.release import load_release
from tests.small_releases import with_tables


@pytest.fixture(scope="module")
def of_317(release):
    return dossier(release, "resnet_block3", 317)


def with_facts(release, layer, **changed):
    """The release with other facts of one layer."""
    channels = {**release.channels, layer: replace(release.channels[layer], **changed)}
    tables = {"gallery.parquet": release.gallery, "channels.parquet": channels}
    return replace(release, read_table=tables.get)


def test_the_strongest_pictures_come_with_their_class_response_and_what_the_strongest_cell_sees(release):
    found = dossier(release, "custom_block1", 3)
    facts, gallery = release.channels["custom_block1"], release.gallery
    point = module_name(release.network, "custom_block1", OUTPUT)
    assert len(found.strongest) == len(found.pictures()) == 9
    for at, (picture, caption) in enumerate(found.pictures()):
        row, place = facts.strongest[3, at], facts.places[3, at]
        field = receptive_field(release.network, point, *place.tolist())
        assert np.array_equal(picture, draw_patch(gallery.images[row], field))
        name = release.config.class_names[gallery.labels[row]]
        assert caption == f"{name}, {facts.responses[3, at]:.2f}"


@pytest.mark.parametrize("layer", layer_names(CifarResNet()))
def test_the_strongest_cell_responds_as_is_said_and_sees_nothing_outside_its_frame(release, layer):
    found = dossier(release, layer, 7)
    strong, rng = found.strongest[0], np.random.default_rng(0)
    pixels, seen = release.gallery.images[strong.row], strong.field.cut
    noisy = rng.integers(0, 256, pixels.shape, dtype=np.uint8)
    rows, columns = slice(seen.top, seen.bottom + 1), slice(seen.left, seen.right + 1)
    noisy[rows, columns] = pixels[rows, columns]
    for image in (pixels, noisy):
        maps = channels_of(release.network, to_tensor(image[None]), layer).maps[7]
        assert maps[strong.cell] == pytest.approx(strong.response, abs=1e-5)
    assert pixels.shape == (seen.bottom + 1, seen.right + 1, 3) or not np.array_equal(noisy, pixels)


def test_the_sentence_says_what_was_measured(of_317, release):
    means, weights = release.channels["resnet_block3"].class_means[317], release.network.fc.weight[:, 317]
    best = release.config.class_names[int(means.argmax())]
    assert of_317.sentence().startswith(
        f"Channel 317 of resnet_block3 responds most to {best}: its largest value is {means.max():.2f} on average over "
        f"the gallery's pictures of that class, {means.mean():.2f} over all classes. "
    )
    assert "Its 9 strongest pictures are labelled ship. " in of_317.sentence()
    assert f"Its weight in fc is largest for {release.config.class_names[int(weights.argmax())]} (" in of_317.sentence()
    assert "of 10,000 test pictures are right, 94.73% with it; " in of_317.sentence()


def test_lost_accuracy_is_told_with_the_class_that_loses_most(release):
    right = release.channels["resnet_block3"].right_without.copy()
    right[5] = np.diag(release.metrics.test.confusion_matrix)
    right[5, 3] -= 30
    right[5, 8] += 10
    sentence = dossier(with_facts(release, "resnet_block3", right_without=right), "resnet_block3", 5).sentence()
    assert (
        "Without it 94.53% of 10,000 test pictures are right, 94.73% with it; cat loses most, 3.0 percentage points."
        in sentence
    )


def test_a_channel_without_which_no_class_loses_says_so(release):
    right = release.channels["resnet_block3"].right_without.copy()
    right[5] = np.diag(release.metrics.test.confusion_matrix)
    sentence = dossier(with_facts(release, "resnet_block3", right_without=right), "resnet_block3", 5).sentence()
    assert sentence.endswith("94.73% with it; no class loses.")


def test_what_was_not_measured_is_said(release):
    found = dossier(with_facts(release, "prep_layer", right_without=None), "prep_layer", 5)
    assert found.sentence().endswith("What the network loses without it was not measured for this layer's channels.")
    assert found.numbers()["right_without"] is None and found.numbers()["fc_weights"] is None
    with pytest.raises(ChoiceError, match="What the network loses without channels of prep_layer was not measured"):
        most_lost_first(with_facts(release, "prep_layer", right_without=None), "prep_layer")


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0, "It responds to every one of the 2,000 gallery pictures."),
        (0.001, "It is zero everywhere for less than 1% of the 2,000 gallery pictures."),
        (0.25, "It is zero everywhere for 25% of the 2,000 gallery pictures."),
    ],
)
def test_silence_is_said(release, share, words):
    silent = np.full(512, share, np.float32)
    assert words in dossier(with_facts(release, "resnet_block3", silent=silent), "resnet_block3", 5).sentence()


def test_labels_of_the_strongest_pictures_are_all_counted_the_most_frequent_first(release):
    strongest = release.channels["resnet_block3"].strongest.copy()
    labels = release.gallery.labels
    strongest[5] = np.concatenate(
        [np.flatnonzero(labels == label)[:count] for label, count in ((0, 4), (9, 4), (3, 1))]
    )
    sentence = dossier(with_facts(release, "resnet_block3", strongest=strongest), "resnet_block3", 5).sentence()
    assert "Its 9 strongest pictures are labelled airplane (4), truck (4) and cat (1). " in sentence


def test_pictures_that_do_not_excite_a_channel_are_not_among_its_strongest(release):
    responses = release.channels["resnet_block3"].responses.copy()
    responses[5, 2:] = 0
    found = dossier(with_facts(release, "resnet_block3", responses=responses), "resnet_block3", 5)
    assert len(found.pictures()) == len(found.numbers()["strongest"]) == 2
    assert "Its 2 strongest pictures are labelled " in found.sentence()


def test_a_channel_that_answers_to_nothing_says_so(release):
    responses = np.zeros((512, 9), np.float32)
    found = dossier(with_facts(release, "resnet_block3", responses=responses), "resnet_block3", 5)
    assert found.sentence().startswith("Channel 5 of resnet_block3 is zero everywhere for all 2,000 gallery pictures. ")


def test_kernels_without_which_most_is_lost_come_first(release):
    right = np.full((512, 10), 900)
    right[7], right[3] = 800, 700
    order = most_lost_first(with_facts(release, "resnet_block3", right_without=right), "resnet_block3")
    assert order[:3].tolist() == [3, 7, 0] and sorted(order) == list(range(512))


def test_numbers_name_training_pictures_and_count_test_pictures(of_317, release):
    numbers = of_317.numbers()
    first, facts = numbers["strongest"][0], release.channels["resnet_block3"]
    assert first["train_index"] == release.gallery.train_indices[facts.strongest[317, 0]]
    assert first["receptive_field"] == {"top": 0, "left": 0, "bottom": 31, "right": 31}, "clipped"
    assert first["response"] == pytest.approx(float(facts.responses[317, 0]))
    assert set(numbers["test_pictures"].values()) == {1000}
    assert list(numbers["right_without"].values()) == facts.right_without[317].tolist()


@pytest.mark.parametrize(
    ("layer", "channel", "words"),
    [("resnet_block3", 512, "channel of resnet_block3 must be a whole number from 0 to 511, got 512"),
     ("prep_layer", 64, "from 0 to 63"), ("prep_layer", -1, "from 0 to 63"), ("pool4", 0, "Unknown layer 'pool4'")],
)  # fmt: skip
def test_what_does_not_exist_is_refused_in_words(release, layer, channel, words):
    with pytest.raises(ChoiceError, match=words):
        dossier(release, layer, channel)


def test_a_release_that_lacks_the_tables_says_which(small_releases, tmp_path):
    with pytest.raises(ChoiceError, match=r"This release cannot tell: gallery\.parquet is not part of it\."):
        dossier(load_release(small_releases[0]), "prep_layer", 0)
    folder = with_tables(small_releases[0], tmp_path / "release")
    (folder / "channels.parquet").unlink()
    with pytest.raises(ChoiceError, match=r"This release cannot tell: channels\.parquet is not there\."):
        dossier(load_release(folder), "prep_layer", 0)
