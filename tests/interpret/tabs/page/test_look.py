import dataclasses

import pytest
import torch

from interpret.tabs.page.look import header, theme
from interpret.tabs.page.served import serve
from model.choice import Choice
from model.metrics import EXCERPT, OWN, DataFigures


def test_the_header_says_how_good_the_network_is_and_what_it_runs_on(served, release):
    test = release.metrics.test
    facts = f"{1 - test.errors / test.count:.2%} of CIFAR-10's 10,000 test pictures right"
    device = "GPU" if torch.cuda.is_available() else "CPU"
    shown = header(served).replace("&#x27;", "'")
    assert f"{facts} · release {release.identifier} (bundled) · {device}" in shown


@pytest.mark.parametrize(("problem", "hidden"), [(None, True), ("<the Hub> is away", False)])
def test_a_banner_says_why_another_release_is_served_and_is_hidden_otherwise(release, problem, hidden):
    shown = header(serve(dataclasses.replace(Choice(release, "bundled"), problem=problem)))
    assert ('role="status" hidden>' in shown) is hidden
    assert (f"You see release {release.identifier} (bundled): &lt;the Hub&gt; is away." in shown) is not hidden


@pytest.mark.parametrize(("space", "hidden"), [(None, True), ("somebody/cifar-xray", False)])
def test_the_code_is_linked_where_it_is_a_space(served, monkeypatch, space, hidden):
    monkeypatch.delenv("SPACE_ID", raising=False)
    if space:
        monkeypatch.setenv("SPACE_ID", space)
    shown = header(served)
    assert ("<span hidden>" in shown) is hidden
    for page in ("tree/main", "blob/main/docs/trust.md"):
        assert (f'"https://huggingface.co/spaces/somebody/cifar-xray/{page}"' in shown) is not hidden


def test_the_theme_asks_no_other_host_for_its_fonts():
    found = theme()
    assert found._stylesheets == []
    assert "fonts.googleapis" not in found._get_theme_css()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (DataFigures(EXCERPT, "CIFAR-10"), "the 10,000 test pictures in an excerpt of CIFAR-10 right"),
        (DataFigures(OWN, "trees"), "the 10,000 test pictures of trees right"),
    ],
)
def test_the_header_never_calls_other_pictures_cifar10s(release, data, words):
    own = dataclasses.replace(release, metrics=dataclasses.replace(release.metrics, data=data))
    assert words in header(serve(Choice(own, "here")))
