"""What the documents point at is there, and the README is short and shows the page."""

import re

import pytest
import yaml
from PIL import Image

from tests.browsing.picture import MOST_BYTES, PICTURE, RELEASE, THUMBNAIL_FILE, THUMBNAIL_SIZE
from tests.conftest import ROOT
from tests.docs import DOCS, DOCUMENTS, LINK, README, headings, name_of, prose, spans

PATH = re.compile(r"(?:docs|interpret|model|training|tests|benchmarks|examples|notebooks)/[\w/.-]*")
DEFINED = re.compile(r"^def (test_\w+)", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_relative_links_lead_to_files_and_headings(document):
    for link in LINK.findall(prose(document)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert not anchor or anchor in headings(target), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_files_and_folders_that_are_named_exist(document):
    named = [span for span in spans(document) if PATH.fullmatch(span)]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_tests_that_are_named_exist(document):
    named = {span for span in spans(document) if re.fullmatch(r"test(_[a-z0-9]+){3,}", span)}
    there = {name for path in (ROOT / "tests").rglob("test_*.py") for name in DEFINED.findall(path.read_text())}
    assert named - there == set()


def test_every_document_can_be_reached_from_the_readme():
    seen, left = set(), [README]
    while left:
        document = left.pop()
        seen.add(document)
        links = [link.partition("#")[0] for link in LINK.findall(prose(document)) if "://" not in link]
        targets = [(document.parent / link).resolve() for link in links if link.endswith(".md")]
        left += [target for target in targets if target not in seen]
    assert set(DOCUMENTS) <= seen


def test_the_readme_is_short():
    assert len(README.read_text().splitlines()) <= 120


def test_the_readme_shows_the_page_in_a_picture_that_loads_fast():
    (shown,) = re.findall(r"!\[[^]]{20,}\]\(([^)]+)\)", README.read_text())
    assert ROOT / shown == PICTURE
    assert PICTURE.stat().st_size < MOST_BYTES
    with Image.open(PICTURE) as picture:
        assert picture.format == "PNG" and picture.width >= 1_000


def test_the_thumbnail_has_the_size_that_links_are_shared_with_and_loads_fast():
    assert THUMBNAIL_FILE.stat().st_size < MOST_BYTES
    with Image.open(THUMBNAIL_FILE) as picture:
        assert (picture.format, picture.size) == ("PNG", THUMBNAIL_SIZE)


@pytest.mark.parametrize("file", [PICTURE, THUMBNAIL_FILE], ids=lambda file: file.name)
def test_the_pictures_of_the_page_are_of_the_bundled_release(release, file):
    with Image.open(file) as picture:
        assert picture.text[RELEASE] == release.identifier, "python -m tests.browsing.picture takes it anew"


def test_the_tree_of_the_document_on_architecture_names_every_folder_that_there_is():
    tree = (DOCS / "architecture.md").read_text().split("```")[1]
    listed = set(re.findall(r"([\w]+)/", tree))
    outside = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))} - {
        "runs"
    }
    inside = {path.name for path in (ROOT / "interpret").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert outside | inside <= listed


def test_the_citation_says_what_the_licence_and_the_card_say():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["license"] == "MIT" and (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert citation["authors"][0]["name"] in (ROOT / "LICENSE").read_text()
    assert README.read_text().count(f"# {citation['title']}\n") == 1
    assert {"cff-version", "message", "abstract"} <= set(citation)


def test_what_is_run_before_a_commit_and_on_the_server_is_what_ci_runs():
    script = (ROOT / ".ci" / "run").read_text()
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [each["repo"] for each in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        assert hook["entry"].removesuffix(" --force-exclude") in script
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
    steps = workflow["jobs"]["everything"]["steps"]
    assert steps[-1] == {"run": ".ci/run"}


def test_the_versions_that_are_audited_are_those_that_are_installed():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "audit.yml").read_text())
    (job,) = workflow["jobs"].values()
    assert job["steps"][-1]["run"].startswith("pip-audit --requirement requirements.lock ")
    assert workflow[True]["push"]["paths"] == ["requirements.lock"]  # YAML takes "on" for a truth value
    assert "pip install --require-hashes -r requirements.lock" in (ROOT / "docs" / "spaces.md").read_text()
