import numpy as np

from interpret.tabs.gradcam import evidence
from interpret.tabs.gradcam.evidence import evidence_endpoint
from interpret.tabs.page.served import serve
from model.choice import Choice
from tests.conftest import EXAMPLES
from tests.strength import with_strength

CAT = str(EXAMPLES / "cat.png")


def test_the_ledger_reaches_as_far_as_hirescam_usually_does(release, monkeypatch):
    scales = []

    def draw_ledger(cells, scale, *_, **__):
        scales.append(scale)
        return np.zeros((1, 1, 3), np.uint8)

    monkeypatch.setattr(evidence, "draw_ledger", draw_ledger)
    for usual in (None, 1_000.0):
        evidence_endpoint(serve(Choice(with_strength(release, usual), "bundled")))(CAT)
    assert scales[0].high < 100 and scales[1].high == 1_000
