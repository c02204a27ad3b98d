"""What `config.json` binds, and what is said of what is not bound or not whole. Whole releases: test_release.py."""

import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path

import pytest
from torch import nn

from model.files.sealed import (
    CONFIG,
    WEIGHTS,
    DamagedFileError,
    ReleaseError,
    load_weights,
    read_json,
    read_sealed,
    verify,
)
from model.network import NetworkConfig
from model.release import BUNDLED

CONTENT = json.loads((BUNDLED / CONFIG).read_text())


@dataclass(frozen=True)
class Picky:
    class_names: tuple[str, ...]
    input_size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    temperature: float

    def __post_init__(self) -> None:
        if self.temperature > 0.5:
            raise ValueError("it is too warm")


def written(folder: Path, **changes: object) -> Path:
    (folder / CONFIG).write_text(json.dumps(CONTENT | changes))
    return folder


def test_the_configuration_and_the_hashes_that_were_asked_for_are_read(tmp_path):
    config, hashes = read_sealed(written(tmp_path), NetworkConfig, (WEIGHTS,))
    assert config.class_names == tuple(CONTENT["class_names"])
    assert hashes == {WEIGHTS: CONTENT["sha256"][WEIGHTS]}


def test_an_optional_file_has_a_hash_only_if_it_is_bound(tmp_path):
    optional = ("gallery.parquet", "newer.parquet")
    _, hashes = read_sealed(written(tmp_path), NetworkConfig, (WEIGHTS,), optional)
    assert list(hashes) == [WEIGHTS, "gallery.parquet"]


def test_a_required_file_that_nothing_binds_is_named(tmp_path):
    with pytest.raises(ReleaseError, match=r"config\.json is incomplete: KeyError\('model\.safetensors'\)"):
        read_sealed(written(tmp_path, sha256={}), NetworkConfig, (WEIGHTS,))


def test_what_the_network_refuses_of_its_configuration_is_said(tmp_path):
    with pytest.raises(ReleaseError, match=r"config\.json does not describe a working network: it is too warm"):
        read_sealed(written(tmp_path), Picky, (WEIGHTS,))


def test_a_file_of_another_hash_is_damaged_and_one_that_is_not_there_too(tmp_path):
    (tmp_path / WEIGHTS).write_bytes(b"other weights")
    with pytest.raises(
        DamagedFileError, match=r"model\.safetensors is damaged or of another release: SHA-256 [0-9a-f]{12}"
    ):
        verify(tmp_path, WEIGHTS, CONTENT["sha256"][WEIGHTS])
    (tmp_path / WEIGHTS).unlink()
    with pytest.raises(DamagedFileError, match=r"model\.safetensors could not be read"):
        verify(tmp_path, WEIGHTS, CONTENT["sha256"][WEIGHTS])


def test_weights_of_another_network_do_not_fit():
    with pytest.raises(ReleaseError, match=r"model\.safetensors does not fit the network"):
        load_weights(nn.Sequential(nn.Linear(2, 2)), BUNDLED)


WIDE = b'{"weight":{"dtype":"F32","shape":[99,99],"data_offsets":[0,4]}}'


@pytest.mark.parametrize(
    ("length", "rest", "problem"),
    [
        (2**63, b"", "header too large|HeaderTooLarge|invalid header length"),
        (90_000, b"[" * 90_000, "[Hh]eader"),
        (len(WIDE), WIDE + bytes(4), "TensorInvalidInfo|invalid|Invalid"),
    ],
    ids=["of nearly all memory", "nested without end", "larger than its data"],
)
def test_weights_with_a_hostile_header_are_refused_in_a_sentence(length, rest, problem, tmp_path):
    (tmp_path / WEIGHTS).write_bytes(struct.pack("<Q", length) + rest)
    with pytest.raises(ReleaseError, match=rf"^model\.safetensors does not fit the network: .*({problem}).{{0,150}}$"):
        load_weights(nn.Linear(1, 1), tmp_path)


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
def test_a_file_that_is_larger_than_any_of_a_release_is_refused_unread(name, tmp_path):
    with (tmp_path / name).open("wb") as file:
        file.truncate(2**40)  # it takes no room: there is nothing in it
    with pytest.raises(DamagedFileError, match=r"^\S+ has 1,099,511,627,776 bytes, more than .* accepted"):
        read_json(tmp_path / name) if name == CONFIG else verify(tmp_path, name, "0" * 64)


def test_a_document_that_is_nested_without_end_is_refused(tmp_path):
    (tmp_path / CONFIG).write_text("[" * 100_000)
    with pytest.raises(DamagedFileError, match=r"config\.json could not be read"):
        read_json(tmp_path / CONFIG)


@pytest.mark.parametrize("name", [CONFIG, WEIGHTS])
@pytest.mark.parametrize("target", ["/dev/zero", "a folder", "a pipe", "itself", "nowhere"])
def test_a_link_that_leads_to_no_file_is_refused_by_name(target, name, tmp_path):
    (tmp_path / "a folder").mkdir()
    os.mkfifo(tmp_path / "a pipe")
    (tmp_path / name).symlink_to(name if target == "itself" else target)
    with pytest.raises(DamagedFileError, match=r"^(config\.json|model\.safetensors) (is no file|could not be read: )"):
        read_json(tmp_path / name) if name == CONFIG else verify(tmp_path, name, "0" * 64)


def test_a_link_to_a_file_elsewhere_counts_by_what_it_holds_and_tells_nothing_of_it(tmp_path):
    """The Hub's cache is made of such links."""
    (tmp_path / "secret").write_text("a password")
    (tmp_path / WEIGHTS).symlink_to(tmp_path / "secret")
    with pytest.raises(DamagedFileError) as refused:
        verify(tmp_path, WEIGHTS, "0" * 64)
    assert "password" not in str(refused.value)
