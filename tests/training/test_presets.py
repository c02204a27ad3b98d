from dataclasses import replace

import pytest

from training.presets import DEFAULT, PRESETS, preset_of
from training.recipe import Recipe


@pytest.mark.parametrize("name", ["fast", "standard", "long"])
def test_a_presets_recipe_is_known_by_its_name_whatever_the_seed_and_the_held_out_share(name):
    recipe = PRESETS[name].recipe
    assert preset_of(recipe) == name
    assert preset_of(replace(recipe, seed=7, validation_images=0)) == name


def test_a_recipe_that_differs_from_every_preset_has_no_name():
    assert preset_of(Recipe(epochs=3)) is None
    assert preset_of(replace(PRESETS["fast"].recipe, max_lr=0.3)) is None


def test_the_default_trains_for_24_epochs():
    assert PRESETS[DEFAULT].recipe.epochs == 24
