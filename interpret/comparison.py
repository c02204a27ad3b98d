"""An explanation beside three maps that cannot know what the network learnt, and how far they agree with it.

The science is in `interpret.attribution.sanity_checks`.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float, UInt8

from interpret.attribution.sanity_checks import edge_map, random_network, rank_correlation
from interpret.attribution.steps import finish, share_of
from interpret.drawing.render import Panel, draw_panels, enlarge
from interpret.drawing.scales import unsigned_scale
from interpret.drawing.text import two_decimals
from interpret.explainer import Explainer
from interpret.explanation import CELLS_SIDE, Explanation, Question, explain, explain_steps
from model.network import STAGES

ALIKE = 0.7
RANDOM_METHOD = "random_cam"
STAGE_OF_SIDE = {stage.resolution: stage.name for stage in STAGES}
TITLES = {"random_weights": "a network of random weights", RANDOM_METHOD: "RandomCAM", "edges": "an edge map"}


@dataclass(frozen=True)
class Comparison:
    """A map and its controls: the same question to a network of random weights, RandomCAM, and the image's edges."""

    explanation: Explanation
    controls: Mapping[str, Explanation]
    edges: Float[np.ndarray, "side side"]

    @cached_property
    def correlations(self) -> dict[str, float | None]:
        """Spearman's rank correlation with each control, by its name, in [-1, 1]; None if a map is constant."""
        maps = {name: each.maps[0] for name, each in self.controls.items()} | {"edges": self.edges}
        return {name: rank_correlation(self.explanation.maps[0], each) for name, each in maps.items()}

    def panels(self) -> list[Panel]:
        """The map, then its controls, each titled with its rank correlation and on its own scale."""
        scale = unsigned_scale(self.edges, "brightness per pixel")
        edges = Panel(enlarge(scale.paint(self.edges), CELLS_SIDE // len(self.edges)), "", scale)
        panels = {name: each.cells_panel(0) for name, each in self.controls.items()} | {"edges": edges}
        titled = [replace(panel, title=_title(name, self.correlations[name])) for name, panel in panels.items()]
        return [self.explanation.cells_panel(0), *titled]

    def picture(self) -> UInt8[np.ndarray, "tall wide 3"]:
        return draw_panels(self.panels(), columns=2)

    def sentence(self) -> str:
        return describe_correlations(self.correlations, self.explanation.method.name)


def compare_with_controls(explainer: Explainer, question: Question) -> Comparison:
    """The answer to a question about one class, beside its controls. Raises ImageError or ChoiceError."""
    return finish(comparison_steps(explainer, question))


def comparison_steps(explainer: Explainer, question: Question) -> Generator[float, None, Comparison]:
    """As `compare_with_controls`, but yields the share of the work that is done, in [0, 1]."""
    found = yield from share_of(explain_steps(explainer, question), 0.0, 0.5)
    # A map of the image's own cells is compared with one of the layer that has as many.
    layer = STAGE_OF_SIDE[question.sampling.side] if found.method.of_pixels else question.layer
    same_class = replace(question, class_names=found.names, layer=layer)
    unlearnt = replace(explainer, network=random_network(explainer.network.config, explainer.device))
    of_random = yield from share_of(explain_steps(unlearnt, same_class), 0.5, 1.0)
    controls = {
        # How strong maps usually are was measured on the network that learnt.
        "random_weights": replace(of_random, usual=0.0),
        RANDOM_METHOD: explain(explainer, replace(same_class, method=RANDOM_METHOD)),
    }
    return Comparison(found, controls, edge_map(found.pixels, found.maps.shape[1]))


def describe_correlations(correlations: Mapping[str, float | None], method: str) -> str:
    """What the rank correlations of a method's map with its controls mean."""
    if method == RANDOM_METHOD:
        return "RandomCAM is itself a control: it knows nothing of the decision, whatever it looks like."
    known = {TITLES[name]: value for name, value in correlations.items() if value is not None}
    if not known:
        return "The map is the same everywhere: there is nothing to compare."
    warnings = []
    for way, sign in (("much as", 1), ("in nearly the opposite order of", -1)):
        if alike := [title for title, value in known.items() if sign * value >= ALIKE]:
            warnings.append(f"{way} {' and '.join(alike)} would")
    if warnings:
        return f"Careful: this map ranks the cells {', and '.join(warnings)}. It may show the picture only."
    closest = max(known, key=lambda title: abs(known[title]))
    return (
        f"No control ranks the cells as this map does; the most related is {closest}, with a rank correlation of "
        f"{two_decimals(known[closest])} (1 would be the same order, −1 the opposite one, 0 no relation)."
    )


def _title(name: str, correlation: float | None) -> str:
    value = "no order" if correlation is None else two_decimals(correlation, plus=True)
    return f"{TITLES[name][0].upper()}{TITLES[name][1:]}: {value}"
