"""Several methods asked about one class of one image, the most faithful first, each on its own scale.

found = side_by_side(explainer, Question("cat.png"), ("shared_credit", "grad_cam"))
found.pictures(), found.rows()
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8

from interpret.attribution.measured.masking import USUAL_SAMPLING
from interpret.attribution.methods import BY_GROUP, Method, method_named, methods_at
from interpret.attribution.steps import finish
from interpret.choices import ChoiceError, check_name
from interpret.drawing.render import Panel, draw_panels
from interpret.drawing.text import two_decimals
from interpret.drawing.words import measured_faithfulness
from interpret.explainer import Explainer
from interpret.explanation import Explanation, Question, explain_steps
from model.metrics import MethodFaithfulness

MOST = 12
FIGURE_NAMES = {"road": "ROAD", "insertion": "insertion", "deletion": "deletion"}
FIGURES = tuple(FIGURE_NAMES)
USUAL_METHODS = tuple(method.name for method in BY_GROUP if method.name != "random_cam")
COLUMNS = ("method", "kind", "deletion, lower is better", "insertion, higher", "ROAD, higher", "strongest cell", "unit")


@dataclass(frozen=True)
class SideBySide:
    """The answers so far, the most faithful by one of FIGURES first, and the methods that are still to answer.

    `faithfulness` is what the release says of each method; those that it says nothing of come last.
    """

    explanations: tuple[Explanation, ...]
    waiting: tuple[Method, ...]
    left_out: tuple[Method, ...]
    faithfulness: dict[str, MethodFaithfulness]
    sort: str = FIGURES[0]

    def pictures(self) -> list[tuple[UInt8[np.ndarray, "tall wide 3"], str]]:
        """Each map at its own resolution with its legend, and its caption."""
        return [(draw_panels([self._panel(each)]), self._caption(each.method)) for each in self.explanations]

    def _panel(self, found: Explanation) -> Panel:
        return replace(found.cells_panel(0), title=found.method.title)

    def _caption(self, method: Method) -> str:
        if (known := self.faithfulness.get(method.name)) is None:
            return method.title
        return f"{method.title}: {FIGURE_NAMES[self.sort]} {two_decimals(getattr(known, self.sort)[0])}"

    def rows(self) -> list[list[Any]]:
        """COLUMNS of each method, figures rounded to three decimals; None for what was not measured."""
        rows = []
        for found in self.explanations:
            method, known = found.method, self.faithfulness.get(found.method.name)
            figures = (
                [round(each[0], 3) for each in (known.deletion, known.insertion, known.road)] if known else [None] * 3
            )
            strongest = round(float(np.abs(found.maps[0]).max()), 3)
            rows.append([method.title, method.group, *figures, strongest, method.unit])
        return rows

    def sentence(self) -> str:
        """What is shown, and of what there is nothing to show."""
        count, parts = len(self.explanations), []
        if count:
            figure = FIGURE_NAMES[self.sort]
            parts.append(
                f"{count} {'methods' if count > 1 else 'method'}, each on its own scale, the most faithful first, by "
                f"{figure} as measured at the last layer."
            )
        if self.waiting:
            parts.append(f"Still to come: {', '.join(each.title for each in self.waiting)}.")
        if self.left_out:
            parts.append(f"{', '.join(each.title for each in self.left_out)}: at the last layer only.")
        return " ".join(parts)


Steps = Generator[tuple[float, SideBySide], None, SideBySide]


def side_by_side(
    explainer: Explainer, question: Question, methods: Sequence[str] = USUAL_METHODS, sort: str = FIGURES[0]
) -> SideBySide:
    """The answers of all these methods. Raises ImageError or ChoiceError if one of them has no answer."""
    return finish(side_by_side_steps(explainer, question, methods, sort))


def side_by_side_steps(
    explainer: Explainer, question: Question, methods: Sequence[str] = USUAL_METHODS, sort: str = FIGURES[0]
) -> Steps:
    """As `side_by_side`, but yields, with the share of the present slow method that is done, in [0, 1], the answers so
    far: none, the quick methods' at once, the slow ones' as they arrive."""
    chosen = tuple(method_named(name) for name in dict.fromkeys(methods))
    if not 1 <= len(chosen) <= MOST:
        raise ChoiceError(f"Choose from 1 to {MOST} methods to show side by side; got {len(chosen)}.")
    check_name("figure to sort by", sort, FIGURES)
    possible = set(methods_at(question.layer))
    asked = sorted((each for each in chosen if each in possible), key=lambda method: method.rule is None)
    measured = measured_faithfulness(explainer.release.metrics)
    known = dict(measured.methods) if measured else {}
    if question.sampling != USUAL_SAMPLING:  # which the figures were measured with
        known = {name: scores for name, scores in known.items() if not method_named(name).of_pixels}
    left_out = tuple(each for each in chosen if each not in possible)
    done = SideBySide((), tuple(asked), left_out, known, sort)
    yield 0.0, done
    for number, method in enumerate(asked):
        steps = explain_steps(explainer, replace(question, class_names=question.class_names[:1], method=method.name))
        while True:
            try:
                yield next(steps), done
            except StopIteration as end:
                found = sorted(
                    (*done.explanations, end.value), key=lambda each: _rank(known.get(each.method.name), sort)
                )
                done = SideBySide(tuple(found), tuple(asked[number + 1 :]), left_out, known, sort)
                break
    return done


def _rank(known: MethodFaithfulness | None, sort: str) -> float:
    if known is None:
        return float("inf")
    mean = float(getattr(known, sort)[0])
    return mean if sort == "deletion" else -mean
