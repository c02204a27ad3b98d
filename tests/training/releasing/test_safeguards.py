import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from model.hub import Target, check_target
from model.metrics import EXCERPT, OWN, DataFigures
from model.release import load_release, save_metrics, seal
from training.errors import TrainingError
from training.releasing.publish import load_verified_release, publish
from training.releasing.safeguards import check_excerpt, check_no_worse

REPO = "ada/cifar-xray"
pytestmark = pytest.mark.usefixtures("no_waiting")


def find_target() -> Target:
    return check_target(REPO, default_name="")


def judged(folder: Path, copy: Path, **changes) -> Path:
    """A copy of a release whose metrics say something else."""
    release = load_release(Path(shutil.copytree(folder, copy)))
    save_metrics(replace(release.metrics, **changes), copy)
    seal(release.config, copy)
    return copy


def test_a_worse_release_is_told_from_a_better_and_an_equal_one(hub, small_releases):
    better, worse = map(load_verified_release, small_releases)  # six errors, nine errors
    publish(worse, find_target())
    for release in (worse, better):
        check_no_worse(release, find_target())
    publish(better, find_target())
    with pytest.raises(TrainingError, match=r"99\.94% of CIFAR-10's 10,000 test pictures right, more than .* 99\.91%"):
        check_no_worse(worse, find_target())


def test_a_release_that_was_judged_on_other_pictures_is_neither_better_nor_worse(hub, small_releases, tmp_path):
    publish(load_verified_release(small_releases[0]), find_target())
    own = judged(small_releases[0], tmp_path / "own", data=DataFigures(OWN, "trees"))
    with pytest.raises(
        TrainingError, match=r"judged on other pictures .*trees\), and is not replaced, unless --allow-w"
    ):
        check_no_worse(load_verified_release(own), find_target())


@pytest.mark.parametrize("metrics", [None, b"no JSON", b'{"test": 1}'])
def test_what_is_no_release_may_be_replaced(hub, small_releases, metrics):
    assert find_target().repo_id == REPO
    if metrics is not None:
        hub.model(REPO).commit(hub.model(REPO).files | {"metrics.json": metrics}, "by hand")
    check_no_worse(load_verified_release(small_releases[1]), find_target())


def test_an_excerpt_is_only_pushed_if_that_is_said(small_releases, tmp_path):
    excerpt = judged(small_releases[0], tmp_path / "excerpt", data=DataFigures(EXCERPT, "CIFAR-10"))
    release = load_verified_release(excerpt)
    with pytest.raises(
        TrainingError, match="made from an excerpt of CIFAR-10, and is not pushed, unless --allow-excerpt"
    ):
        check_excerpt(release, allowed=False)
    check_excerpt(release, allowed=True)
    check_excerpt(load_verified_release(small_releases[0]), allowed=False)
