import re
from dataclasses import replace

import pytest
import torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file

from model.metrics import EXCERPT, OWN, DataFigures
from model.release import BUNDLED, WEIGHTS
from tests.conftest import ROOT
from tests.stand_in_hub.repositories import problems_of_card
from training.releasing.card import model_card
from training.releasing.card_text import CardError


def snippets(card):
    return re.findall(r"```python\n(.*?)```", card, re.DOTALL)


def test_its_metadata_keeps_the_rules_of_the_hub(card):
    assert problems_of_card(card, "model") == []


def test_the_hubs_own_library_reads_its_results(card, release):
    results = {each.metric_type: each.metric_value for each in ModelCard(card).data.eval_results}
    test = release.metrics.test
    assert results["accuracy"] == test.accuracy
    assert results["expected_calibration_error"] == pytest.approx(test.ece, abs=1e-4)
    assert results["negative_log_likelihood"] == pytest.approx(test.loss, abs=1e-4)


def test_it_names_library_licence_data_set_and_tags(card):
    data = ModelCard(card).data
    assert (data.license, data.library_name, data.datasets) == ("mit", "pytorch", ["uoft-cs/cifar10"])
    assert {"grad-cam", "cifar-10"} <= set(data.tags)


def test_it_shows_every_figure_of_the_release(card):
    shown = set(re.findall(r"!\[[^]]+\]\((figures/\w+\.png)\)", card))
    assert shown == {f"figures/{path.name}" for path in (BUNDLED / "figures").iterdir()}


def test_its_use_with_the_repository_gives_the_networks_own_logits(card, network, cat, monkeypatch):
    (code, _) = snippets(card)
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("model.hub_commits.resolve", lambda *_: "0" * 40)
    monkeypatch.setattr("model.hub.fetch", lambda *_: BUNDLED)
    names: dict = {}
    exec(code, names)
    torch.testing.assert_close(names["logits"], network(cat))


def test_its_use_without_the_repository_gives_the_networks_own_logits(card, network, cat, monkeypatch):
    (_, code) = snippets(card)
    monkeypatch.setattr("huggingface_hub.hf_hub_download", lambda repo, name: BUNDLED / name)
    names: dict = {}
    exec(code, names)
    assert set(names["w"]) == set(load_file(BUNDLED / WEIGHTS))
    torch.testing.assert_close(names["logits_of"](cat), network(cat), rtol=1e-4, atol=1e-4)


def test_it_says_what_the_warning_finds_and_how_often_it_is_wrong(release):
    card = model_card(release.metrics, release.config, [])
    found = release.metrics.out_of_distribution
    assert f"of which the warning is wrong about\n{found.false_alarms.rate:.1%};" in card
    assert all(f"{each.count:,} {name}" in card for name, each in found.detections.items())
    new = replace(release.metrics, out_of_distribution=replace(found, detections=None))
    assert f"{found.false_alarms.rate:.1%}.\n" in model_card(new, release.config, [])
    silent = replace(release.metrics, out_of_distribution=None)
    assert "warns" not in model_card(silent, release.config, [])


def test_it_names_no_augmentation_that_the_recipe_leaves_out(release):
    assert "with reflect-padded random crops, flips and 12x12 cutout;" in model_card(
        release.metrics, release.config, []
    )
    bare = replace(release.metrics, recipe={**release.metrics.recipe, "cutout_size": 0, "crop_padding": 0})
    assert "with flips;" in model_card(bare, release.config, [])


@pytest.mark.parametrize("name", ["seed", "recipe", "training_images", "seconds", "hardware", "precision"])
def test_a_figure_that_the_card_states_and_the_metrics_lack_is_named(release, name):
    with pytest.raises(CardError, match=f"lack '{name}', which the card states"):
        model_card(replace(release.metrics, **{name: None}), release.config, [])


def test_a_number_of_the_recipe_that_the_metrics_lack_is_named(release):
    recipe = {key: value for key, value in release.metrics.recipe.items() if key != "batch_size"}
    with pytest.raises(CardError, match="lack 'batch_size'"):
        model_card(replace(release.metrics, recipe=recipe), release.config, [])


def test_an_excerpt_is_called_one_in_the_card_and_in_its_results(release):
    excerpt = replace(release.metrics, data=DataFigures(EXCERPT, "CIFAR-10"))
    card = model_card(excerpt, release.config, [], "ada/net")
    assert "Trained and judged on an excerpt of CIFAR-10" in card
    assert "name: an excerpt of CIFAR-10" in card and problems_of_card(card, "model") == []


def test_the_card_of_own_classes_keeps_the_rules_of_the_hub_and_names_no_cifar10(release):
    own = replace(release.metrics, data=DataFigures(OWN, "Bäume & Blätter", 0.2))
    card = model_card(own, release.config, [], "ada/net")
    assert problems_of_card(card, "model") == [] and "cifar10" not in card.replace("cifar10-fast", "")
    assert "*Bäume & Blätter*, of which 20% of each class were held out as test pictures" in card
