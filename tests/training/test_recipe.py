import pytest

from training.recipe import Recipe, RecipeError


def test_the_learning_rate_rises_from_zero_to_its_peak_and_falls_to_its_end():
    recipe = Recipe(warmup=0.2, final_lr_ratio=0.01)
    factors = [recipe.lr_factor(step, 100) for step in (0, 10, 20, 60, 100)]
    assert factors == pytest.approx([0, 0.5, 1, 0.505, 0.01])


def test_without_warmup_it_starts_at_the_peak():
    assert Recipe(warmup=0).lr_factor(0, 10) == 1


@pytest.mark.parametrize(
    "change", [{"epochs": 0}, {"batch_size": 0}, {"max_lr": 0}, {"warmup": 1}, {"label_smoothing": 1}, {"seed": -1}]
)
def test_a_value_that_no_run_could_use_is_refused_by_name(change):
    with pytest.raises(RecipeError, match=next(iter(change))):
        Recipe(**change)
