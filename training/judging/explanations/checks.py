"""The checks of a network's explanations that can fail: what was found, as a table, and what is not as it should be."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Integer
from torch import Tensor

from interpret.attribution.last_stage import QUICK, SLOW
from interpret.attribution.methods import METHOD_NAMES, METHODS, method_named
from model.metrics import MapCheckFigures
from model.network import CifarResNet
from training.judging.explanations.completeness import completeness
from training.judging.explanations.concurrency import memory_growth, traces_left, wrong_answers
from training.judging.explanations.pointing_game import mosaics, pointing_game
from training.judging.explanations.sanity_checks import PARTS, random_logit_test, randomisation_test

THREADS, CALLS, SLOW_CALLS = 8, 1_000, 100
ONE_IN = {"occlusion": 4, "shapley": 20, "score_cam": 50}  # images that a method sees which runs the network again
FLAT = 8 * 2**20  # bytes: half of what one last-stage activation kept by each of 500 calls would add
MOST_ROUNDING = 1e-4
CLEARLY_POINTED = 0.5  # chance is 0.25
ENOUGH_PICTURES = 50  # to judge a mean by
COLUMNS = ("method", "pointing game", "another class", *(f"+ {part}" for part in PARTS), "random against random")
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class MapChecks:
    """Figures of single maps, and which of them are not as they should be."""

    found: MapCheckFigures

    def table(self) -> str:
        """As Markdown."""
        found = self.found
        slow = "".join(f"; {method_named(name).title} on {count:,}" for name, count in found.slow_counts.items())
        lines = [
            f"Evidence adds up, for {found.count:,} pictures x 10 classes, whichever way it is credited: largest error "
            f"{found.sums.logits:.1e} of the largest logit; margins {found.sums.margins:.1e}.",
            f"Cells and constants add up to the score at the pixels and all layers: largest error "
            f"{found.sums.balance:.1e} of the largest logit.",
            f"Pointing game on {found.count:,} mosaics, another class on {found.count:,} pictures, randomisation on "
            f"{found.randomised_count:,}{slow}.",
            "",
            f"| {' | '.join(COLUMNS)} |",
            f"| {' | '.join('---' for _ in COLUMNS)} |",
        ]
        return "\n".join([*lines, *(self._row(name) for name in METHOD_NAMES)])

    def _row(self, name: str) -> str:
        figures = [NOT_MEASURED] * (len(COLUMNS) - 1)
        if name in self.found.pointing:
            figures[0] = f"{self.found.pointing[name]:.1%}"
        if name in self.found.another_class:
            mean, deviation = self.found.random_band[name]
            figures[1:-1] = [f"{value:.2f}" for value in (self.found.another_class[name], *self.found.randomised[name])]
            figures[-1] = f"{mean:.2f} ± {deviation:.2f}"
        return f"| {method_named(name).title} | {' | '.join(figures)} |"

    def misses(self) -> list[str]:
        """What is not as it should be, in words."""
        misses = []
        if max(self.found.sums.logits, self.found.sums.margins) > MOST_ROUNDING:
            misses.append(f"evidence misses the logit by more than {MOST_ROUNDING:g}")
        if self.found.sums.balance > MOST_ROUNDING:
            misses.append(f"cells and constants miss the score by more than {MOST_ROUNDING:g}")
        of_class = [method.name for method in METHODS if method.of_class]
        misses += [f"{name} does not point at its class" for name in of_class if self._points_badly(name)]
        if self.found.randomised_count >= ENOUGH_PICTURES:
            judged = self.found.randomised.keys() - set(SLOW)
            misses += [f"{name} outlives the network" for name in METHOD_NAMES if name in judged and self._stays(name)]
        return misses

    def _points_badly(self, name: str) -> bool:
        too_few = name in SLOW and 4 * self.found.slow_counts.get(name, 0) < ENOUGH_PICTURES
        return not too_few and self.found.pointing.get(name, 1.0) < CLEARLY_POINTED

    def _stays(self, name: str) -> bool:
        """Whether a wholly random network's map is still more like the trained one's than another random network's."""
        mean, deviation = self.found.random_band[name]
        return self.found.randomised[name][-1] > min(mean + deviation, self.found.randomised[name][0])


def check_maps(
    network: CifarResNet,
    images: Float[Tensor, "count 3 32 32"],
    pool: Float[Tensor, "_ 3 32 32"],
    labels: Integer[np.ndarray, "_"],
) -> MapChecks:
    """All checks of single maps: on `images`, and on as many mosaics of images out of `pool`; randomisation sees a
    tenth of them, and the slow methods a share, which ONE_IN states."""
    count = len(images)
    some = images[: max(1, count // 10)]
    another = random_logit_test(network, images)
    similarity, band = randomisation_test(network, some)
    mixed, classes = mosaics(pool, labels, count)
    pointing = pointing_game(network, mixed, classes)
    slow = {name: count // one_in for name, one_in in ONE_IN.items() if count >= one_in}
    for name, few in slow.items():
        pointing |= pointing_game(network, mixed[:few], classes[:few], (name,))
        another |= random_logit_test(network, images[:few], (name,))
        slow_similarity, slow_band = randomisation_test(network, some[:few], (name,))
        similarity, band = similarity | slow_similarity, band | slow_band
    return MapChecks(
        MapCheckFigures(
            count,
            len(some),
            slow,
            completeness(network, images),
            pointing,
            another,
            {name: tuple(values) for name, values in similarity.items()},
            band,
        )
    )


@dataclass(frozen=True)
class ConcurrencyChecks:
    """How many of the concurrent answers differ from the serial ones, what they leave behind on the network, and by how
    many bytes the process grows over the second half of many calls: of the quick methods, and of the slow ones."""

    wrong: int
    compared: int
    traces: list[str]
    growth: int
    slow_growth: int

    def table(self) -> str:
        left = "; ".join(self.traces) or "no hook, no gradient, no module in training mode"
        return (
            f"{THREADS} threads, {len(METHOD_NAMES)} methods at all layers that they know: {self.wrong} of "
            f"{self.compared:,} answers differ from the serial ones.\nLeft behind: {left}.\n"
            f"Memory over the second half of {CALLS:,} calls by the quick methods: "
            f"{self.growth / 2**20:+.1f} MiB; of {SLOW_CALLS} by the others: {self.slow_growth / 2**20:+.1f} MiB."
        )

    def misses(self) -> list[str]:
        """What is not as it should be, in words."""
        found = {
            f"{self.wrong} concurrent answers are wrong": self.wrong,
            "something is left behind": self.traces,
            "memory grows": max(self.growth, self.slow_growth) > FLAT,
        }
        return [words for words, missed in found.items() if missed]


def check_concurrency(network: CifarResNet, image: Float[Tensor, "1 3 32 32"]) -> ConcurrencyChecks:
    """Every method at every layer in THREADS threads at once, then many calls."""
    wrong, compared = wrong_answers(network, image, THREADS, METHOD_NAMES)
    growth, slow_growth = memory_growth(network, image, CALLS, QUICK), memory_growth(network, image, SLOW_CALLS, SLOW)
    return ConcurrencyChecks(wrong, compared, traces_left(network), growth, slow_growth)
