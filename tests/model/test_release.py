import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from model.metrics import Metrics, SplitFigures
from model.network import CifarResNet, NetworkConfig
from model.release import (
    BUNDLED,
    HASHED_FILES,
    OPTIONAL_FILES,
    SERVED_FILES,
    DamagedFileError,
    ReleaseError,
    load_network,
    load_release,
    optional_files,
    read_config,
    save_metrics,
    save_weights,
    seal,
)
from model.samples import NEAREST, REVIEWS, Misclassified, save_misclassified
from tests.small_releases import add_tables


@pytest.fixture
def folder(tmp_path: Path, samples: Misclassified) -> Path:
    torch.manual_seed(0)
    save_weights(CifarResNet(config := NetworkConfig(temperature=1.25)), tmp_path)
    save_metrics(Metrics(SplitFigures(10, 3, 0.7)), tmp_path)
    save_misclassified(samples, config.class_names, tmp_path)
    seal(config, tmp_path)
    return tmp_path


def reseal(folder: Path) -> None:
    seal(read_config(folder)[0], folder)


def edit_config(folder: Path, **changes) -> None:
    document = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(document | changes))


def test_what_was_written_is_read_back(folder, samples):
    release = load_release(folder)
    assert release.config == NetworkConfig(temperature=1.25)
    assert release.test_accuracy == 0.7
    for name in ("images", "test_indices", "labels", "predictions", "probabilities"):
        assert np.array_equal(getattr(release.misclassified, name), getattr(samples, name))


def test_the_loaded_network_is_frozen_and_in_eval_mode(folder):
    network = load_release(folder).network
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_convolutions_are_stored_in_float16_and_batch_norm_in_float32(folder):
    for name, tensor in load_file(folder / "model.safetensors").items():
        expected = torch.float16 if tensor.ndim > 1 else torch.int64 if "num_batches" in name else torch.float32
        assert tensor.dtype == expected, name
    with safe_open(folder / "model.safetensors", "pt") as file:
        assert file.metadata() == {"format": "pt"}


def test_the_weights_may_be_read_by_other_users(folder):
    assert (folder / "model.safetensors").stat().st_mode & 0o044 == 0o044


def test_the_samples_carry_the_features_that_the_hub_understands(folder):
    schema = pq.read_schema(folder / "misclassified.parquet")
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}
    assert features["label"]["names"][3] == "cat"
    assert schema.names == ["image", "test_index", "label", "prediction", "confidence", "probabilities"]


@pytest.mark.parametrize("name", [*HASHED_FILES, *OPTIONAL_FILES])
def test_a_flipped_byte_is_refused_by_name(folder, name):
    add_tables(folder)
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(DamagedFileError, match=f"^{name} is damaged"):
        load_release(folder)


@pytest.mark.parametrize("name", SERVED_FILES)
def test_a_missing_file_is_refused_by_name(folder, name):
    (folder / name).unlink()
    with pytest.raises(ReleaseError, match=name):
        load_release(folder)


@pytest.mark.parametrize("names", [(), (REVIEWS,), (NEAREST,), OPTIONAL_FILES], ids=" and ".join)
def test_a_release_is_served_with_the_optional_tables_that_it_has_and_says_what_it_lacks(folder, names):
    add_tables(folder)
    for name in set(OPTIONAL_FILES) - set(names):
        (folder / name).unlink()
    reseal(folder)
    release = load_release(folder)
    tables = (release.reviews, release.nearest, release.pooled, release.gallery, release.channels)
    assert [each is not None for each in tables] == [name in names for name in OPTIONAL_FILES]
    assert release.lacks == dict.fromkeys(set(OPTIONAL_FILES) - set(names), "is not part of it")
    assert optional_files(folder) == [*names]


def test_an_optional_table_that_is_bound_and_absent_is_lacking(folder):
    add_tables(folder)
    (folder / NEAREST).unlink()
    release = load_release(folder)
    assert (release.nearest, len(release.reviews), release.lacks) == (None, 2, {NEAREST: "is not there"})


def test_an_optional_table_that_nothing_binds_is_not_believed(folder):
    add_tables(folder)
    edit_config(folder, sha256={name: read_config(folder)[1][name] for name in HASHED_FILES})
    assert load_release(folder).lacks == dict.fromkeys(OPTIONAL_FILES, "is not part of it")


def test_an_optional_table_of_a_newer_layout_is_lacking_and_it_is_said_why(folder):
    add_tables(folder)
    pq.write_table(pq.read_table(folder / REVIEWS).drop_columns(["votes_both"]), folder / REVIEWS)
    reseal(folder)
    release = load_release(folder)
    assert release.reviews is None and release.nearest is not None
    assert release.lacks[REVIEWS].endswith("it has no column votes_both")


def test_a_file_that_only_a_newer_code_knows_is_no_error_and_stays_bound(folder):
    (folder / "dossiers.parquet").write_bytes(b"of a newer code")
    edit_config(folder, sha256=read_config(folder)[1] | {"dossiers.parquet": "0" * 64})
    load_release(folder)
    reseal(folder)
    bound = json.loads((folder / "config.json").read_text())["sha256"]
    assert bound["dossiers.parquet"] == hashlib.sha256(b"of a newer code").hexdigest()


def test_the_errors_of_another_model_are_refused(folder):
    shutil.copy(BUNDLED / "misclassified.parquet", folder / "misclassified.parquet")
    with pytest.raises(ReleaseError, match=r"misclassified\.parquet is damaged or of another release"):
        load_release(folder)


def test_metrics_of_no_pictures_at_all_are_refused(folder):
    save_metrics(Metrics(SplitFigures(0, 3, 0.7)), folder)
    reseal(folder)
    with pytest.raises(ReleaseError, match="3 errors of 0"):
        load_release(folder)


def test_samples_of_classes_that_do_not_exist_are_refused(folder, samples):
    strange = dataclasses.replace(samples, labels=samples.labels + 90)
    save_misclassified(strange, NetworkConfig().class_names, folder)
    reseal(folder)
    with pytest.raises(ReleaseError, match="label holds a number outside 0 to 9"):
        load_release(folder)


def test_samples_without_pictures_are_refused(folder):
    table = pq.read_table(folder / "misclassified.parquet")
    pq.write_table(table.set_column(0, "image", table.column("label")), folder / "misclassified.parquet")
    reseal(folder)
    with pytest.raises(ReleaseError, match=r"misclassified\.parquet could not be read"):
        load_release(folder)


def test_metrics_that_count_other_errors_than_the_samples_are_refused(folder):
    save_metrics(Metrics(SplitFigures(10, 4, 0.6)), folder)
    reseal(folder)
    with pytest.raises(ReleaseError, match="4 errors of 10"):
        load_release(folder)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, r"metrics\.json: test is missing"),
        ({"test": {"count": 10, "errors": 3, "accuracy": "high"}}, r"test\.accuracy must be .* got 'high'"),
        ([], r"metrics\.json must hold an object, found list"),
    ],
)
def test_metrics_without_readable_test_figures_are_refused(folder, document, message):
    (folder / "metrics.json").write_text(json.dumps(document))
    reseal(folder)
    with pytest.raises(ReleaseError, match=message):
        load_release(folder)


def test_metrics_that_a_newer_code_wrote_are_written_again_with_what_it_added(folder):
    document = json.loads((folder / "metrics.json").read_text()) | {"energy": {"joules": 3}}
    (folder / "metrics.json").write_text(json.dumps(document))
    reseal(folder)
    save_metrics(load_release(folder).metrics, folder)
    assert json.loads((folder / "metrics.json").read_text()) == document


def test_weights_of_another_shape_are_refused(folder):
    tensors = load_file(folder / "model.safetensors")
    tensors["fc.weight"] = tensors["fc.weight"][:5].clone()
    save_file(tensors, folder / "model.safetensors")
    with pytest.raises(ReleaseError, match=r"fc\.weight"):
        load_network(folder, NetworkConfig())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": 99}, "format version 99"),
        ({"architecture": "ViT"}, "ViT"),
        ({"temperature": -1}, "temperature"),
        ({"sha256": {}}, r"model\.safetensors"),
        ({"std": [0.2]}, "std"),
        ({"mean": ["a", "b", "c"]}, r"config\.json"),
        ({"class_names": [1, 2]}, r"config\.json"),
        ({"mean": None}, r"config\.json"),
    ],
)
def test_a_config_that_this_code_cannot_serve_is_refused(folder, changes, message):
    edit_config(folder, **changes)
    with pytest.raises(ReleaseError, match=message):
        load_release(folder)


def test_a_config_that_is_no_json_is_refused(folder):
    (folder / "config.json").write_text("{")
    with pytest.raises(ReleaseError, match=r"config\.json could not be read"):
        load_release(folder)


def test_a_release_without_any_error_still_loads(folder, samples):
    nothing = Misclassified(
        *(getattr(samples, name)[:0] for name in ("images", "test_indices", "labels", "predictions", "probabilities"))
    )
    save_misclassified(nothing, NetworkConfig().class_names, folder)
    save_metrics(Metrics(SplitFigures(10, 0, 1.0)), folder)
    reseal(folder)
    assert len(load_release(folder).misclassified) == 0


def test_the_bundled_release_is_as_accurate_as_it_claims_to_have_to_be(release):
    test = release.metrics.test
    assert release.metrics.preset == "standard"
    assert test.accuracy >= 0.945 and test.ece <= 0.012
    assert test.count == 10_000


def test_the_bundled_release_holds_every_error_that_its_confusion_matrix_counts(release):
    confusion = np.array(release.metrics.test.confusion_matrix)
    stored = np.zeros_like(confusion)
    np.add.at(stored, (release.misclassified.labels, release.misclassified.predictions), 1)
    np.fill_diagonal(confusion, 0)
    assert np.array_equal(stored, confusion)


def test_the_bundled_probabilities_sum_to_one_and_prefer_the_prediction(release):
    samples = release.misclassified
    np.testing.assert_allclose(samples.probabilities.sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(samples.probabilities.argmax(axis=1), samples.predictions)


def test_the_bundled_samples_are_what_the_bundled_network_says_of_them(release):
    from interpret.prediction import predict
    from model.images import to_tensor

    samples = release.misclassified
    _, probabilities = predict(release.network, to_tensor(samples.images[:100]))
    # Stored and computed in batches of different size: float32 rounding only.
    np.testing.assert_allclose(probabilities.numpy(), samples.probabilities[:100], atol=1e-4)


def test_a_release_holds_no_pickle():
    suffixes = {path.suffix for path in BUNDLED.rglob("*") if path.is_file()}
    assert suffixes <= {".safetensors", ".json", ".parquet", ".md", ".png"}
