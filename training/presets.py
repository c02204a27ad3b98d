"""The presets: whole recipes by name, each with what to expect of it."""

from dataclasses import dataclass, replace

from training.recipe import Recipe


@dataclass(frozen=True)
class Preset:
    """A recipe and what one run of it costs and brings.

    `accuracy` is on the test images, single view; `cost` is that of training on all 50,000 images.
    """

    recipe: Recipe
    accuracy: str
    cost: str

    def __str__(self) -> str:
        return f"{self.recipe.epochs} epochs, {self.accuracy}, {self.cost}"


DEFAULT = "standard"
PRESETS = {
    "fast": Preset(
        Recipe(epochs=10, crop_padding=2, cutout_size=0),
        accuracy="93.87% (one run on 48,000 pictures)",
        cost="1.1e15 floating-point operations",
    ),
    "standard": Preset(
        Recipe(epochs=24, label_smoothing=0.05, cutout_size=12),
        accuracy="94.73% (one run on 48,000 pictures)",
        cost="2.7e15 floating-point operations",
    ),
    "long": Preset(Recipe(epochs=80, cutout_size=12), accuracy="not measured", cost="9.1e15 floating-point operations"),
}


OWN_CHOICES = ("seed", "validation_images")  # no part of what a preset is


def preset_of(recipe: Recipe) -> str | None:
    """The preset that this recipe is, whatever its seed and the share that it holds out; None if it is no preset."""
    own = {name: getattr(recipe, name) for name in OWN_CHOICES}
    return next((name for name, preset in PRESETS.items() if recipe == replace(preset.recipe, **own)), None)
