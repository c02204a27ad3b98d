from dataclasses import replace

import pytest

from interpret.tabs.gradcam.warning import warning_endpoint
from interpret.tabs.page.served import serve
from model.choice import Choice
from model.metrics import Rate, WarningFigures
from tests.conftest import EXAMPLES


def warning_for(release, threshold: float, picture: str):
    figures = WarningFigures("max_logit", threshold, Rate(0.05, 10_000))
    changed = replace(release, metrics=replace(release.metrics, out_of_distribution=figures))
    return warning_endpoint(serve(Choice(changed, "bundled")))(picture)


def test_the_app_warns_below_the_threshold_and_is_silent_above_it(release, network, cat):
    largest, picture = float(network(cat).max()), str(EXAMPLES / "cat.png")
    sentence, numbers = warning_for(release, largest + 0.1, picture)
    assert numbers["warns"] and sentence.startswith("**Probably none of the 10 classes:**")
    assert numbers["value"] == pytest.approx(largest, abs=1e-5)
    sentence, numbers = warning_for(release, largest - 0.1, picture)
    assert not numbers["warns"] and sentence == ""


def test_the_app_has_nothing_to_say_if_the_release_has_no_such_warning(release):
    metrics = replace(release.metrics, out_of_distribution=None)
    served = serve(Choice(replace(release, metrics=metrics), "bundled"))
    sentence, numbers = warning_endpoint(served)(str(EXAMPLES / "cat.png"))
    assert sentence == "" and set(numbers.values()) == {None}
