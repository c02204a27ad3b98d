"""Sentences that say what a map says, with numbers taken from it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float

from interpret.attribution.balance import PIXELS, Balance
from interpret.attribution.measured.masking import cell_names
from interpret.attribution.methods import METHOD_NAMES, Method, method_named
from interpret.drawing.text import two_decimals
from interpret.out_of_distribution import Detector
from interpret.prediction import percent
from model.metrics import FaithfulnessFigures, Metrics
from model.network import STAGE_NAMES

HALF_SHARE = 0.65
QUARTER_SHARE = 0.5
WEAK_SHARE = 0.1
MOSTLY = 0.5
EVEN = 1.5  # a map is nearly even if no cell of sixteen holds this many times its share


def describe_cam(
    cam: Float[np.ndarray, "height width"], class_name: str | None, *, turned: bool = False, usual: float = 0.0
) -> str:
    """Where a map's positive values lie: in which quarter, half or cells of the picture, and how much of them.

    A map with negative values too is told what share of all evidence speaks against the class. None: a map of no class.
    `turned`: positive values speak against the class. `usual`: how strong the strongest cell of such a map usually is;
    one that is far below it is said to be weak.
    """
    side = "against" if turned else "for"
    what = f"evidence {side} {class_name}" if class_name else "map"
    positive = np.maximum(cam, 0)
    total, against = float(positive.sum()), float(np.maximum(-cam, 0).sum())
    if total <= 0:
        nothing = f"This map finds nothing in the picture that speaks {side} {class_name}."
        return nothing if class_name else "The map is empty."
    place, share = where_most_is(positive / total)
    if place is None:
        sentence = f"The {what} is spread evenly over the whole picture"
    else:
        sentence = f"{percent(share)} of the {what} lies in {place}"
    opposing = against / (total + against)
    if opposing > MOSTLY and place is not None and class_name and not turned:
        return (
            f"{percent(opposing)} of all evidence speaks against {class_name}; {percent(share)} of the rest lies in "
            f"{place}.{_weakness(float(np.abs(cam).max()), usual)}"
        )
    opposed = f"; {percent(opposing)} of all evidence speaks against it" if opposing >= 0.005 else ""
    return f"{sentence}{opposed}.{_weakness(float(np.abs(cam).max()), usual)}"


def _weakness(strongest: float, usual: float) -> str:
    if strongest >= WEAK_SHARE * usual:
        return ""
    share = percent(strongest / usual) if strongest >= 0.005 * usual else "less than 1%"
    return f" But this map is weak: its strongest cell reaches {share} of where the scale usually ends."


def describe_evidence(cells: Float[np.ndarray, "height width"], class_name: str, against: str | None = None) -> str:
    """What the cells of a ledger add up to, how much of it speaks for and against, and where most of it is."""
    total, opposed = float(cells.sum()), float(np.minimum(cells, 0).sum())
    what = f"{class_name}'s lead over {against}" if against else f"The score of {class_name}"
    parts = f"{two_decimals(total)} logits: {two_decimals(total - opposed)} for it and {two_decimals(opposed)} against"
    positive = np.maximum(cells, 0)
    place, share = where_most_is(positive / positive.sum()) if positive.sum() > 0 else (None, 1.0)
    where = f", {percent(share)} of what speaks for it in {place}" if place else ""
    return f"{what[0].upper()}{what[1:]} is {parts}{where}."


def describe_balance(class_name: str, method: Method, layer: str, cells: float, score: float) -> str:
    """What gradient x activation at a layer's cells adds up to, and what the constants of later layers add."""
    number = STAGE_NAMES.index(layer) + 1
    parts = f"{two_decimals(cells)} from the cells of layer {number}"
    if number < len(STAGE_NAMES):
        # As rounded here, so that what is read adds up.
        parts += f" + {_in_a_sum(round(score, 2) - round(cells, 2))} from the constants of the layers after it"
    sentence = f"Score of {class_name}: {two_decimals(score)} logits = {parts}."
    if cells * score < score**2 / 2:
        sentence += " So most of the score does not show at this layer."
    if not method.sums_gradient:
        own = f"{method.title}'s own cells do" if method.of_class else f"{method.title} is of no class: its cells do"
        sentence += f" {own} not add up to it."
    return sentence


def describe_balance_sheet(found: Balance, what: str) -> str:
    """How much of a score, or of a lead, the cells add up to at the last layer and before it."""
    shares = {number: found.at(name)[0] for number, name in enumerate(STAGE_NAMES, start=1)}
    before = [shares[number] for number in range(1, len(STAGE_NAMES))]
    early = [two_decimals(value) for value in before]
    little = all(value * found.score < found.score**2 / 2 for value in before)
    conclusion = (
        ": a map of an early layer shows what the layer responds to, not where the score comes from." if little else "."
    )
    return (
        f"{what} is {two_decimals(found.score)} logits. The cells of layer {len(STAGE_NAMES)} add up to all of it; "
        f"those of layers 1 to {len(STAGE_NAMES) - 1} to {in_a_row(early)}, and the pixels to "
        f"{two_decimals(found.at(PIXELS)[0])}. The constants of the later layers add the rest{conclusion}"
    )


def describe_measured_balance(class_name: str, method: Method, cells: float, blank: float, score: float) -> str:
    """What the cells of a map that was measured by erasing add up to, beside the blank picture's score."""
    total, whole = two_decimals(cells), two_decimals(score)
    if method.name == "shapley":
        rest = _in_a_sum(round(score, 2) - round(cells, 2))
        return f"Score of {class_name}: {whole} logits = {total} from the cells + {rest} of the blank picture."
    return (
        f"Score of {class_name}: {whole} logits, and {two_decimals(blank)} of the blank picture. Each cell was erased "
        f"alone, so the losses ({total} in all) do not add up to the difference."
    )


def _in_a_sum(value: float) -> str:
    text = two_decimals(value)
    return text if value >= 0 or text == "0.00" else f"({text})"


NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"
)  # fmt: skip


def listed(parts: Sequence[str]) -> str:
    """Parts of a sentence in a row: "a", "a and b", "a; b; and c", since the parts may hold commas themselves."""
    *before, last = parts or [""]
    return f"{'; '.join(before)}; and {last}" if len(before) > 1 else " and ".join([*before, last])


def number_in_words(count: int) -> str:
    """A whole number as sentences have it: in words up to twelve."""
    return NUMBERS[count] if count < len(NUMBERS) else f"{count:,}"


def in_a_row(names: Sequence[str]) -> str:
    """Names in a sentence: "A1", "A1 and B2", "A1, B2 and C3"."""
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def counted(names: Sequence[str]) -> str:
    """How many of each name, the most frequent first: "ship", "ship (4) and truck (1)"."""
    counts = Counter(names).most_common()
    return counts[0][0] if len(counts) == 1 else in_a_row([f"{name} ({count})" for name, count in counts])


def where_most_is(shares: Float[np.ndarray, "height width"]) -> tuple[str | None, float]:
    """A quarter or half of the picture that holds most of the evidence, else the fewest of sixteen cells that hold at
    least half of it, and its share; (None, 1.0) if the evidence is nearly even.

    Cells are named as in the ledger. `shares` sum to 1; their sides are multiples of 4.
    """
    place, share = busiest_place(shares)
    if place is not None:
        return f"the {place} of the picture", share
    cells = shares.reshape(4, shares.shape[0] // 4, 4, shares.shape[1] // 4).sum(axis=(1, 3)).ravel()
    if cells.max() < EVEN / len(cells):
        return None, 1.0
    strongest = np.argsort(-cells, kind="stable")
    count = int(np.argmax(cells[strongest].cumsum() >= 0.5)) + 1
    names = np.array(cell_names(4))[strongest[:count]]
    return f"cells {in_a_row(sorted(names, key=lambda name: (name[1], name[0])))}", float(
        cells[strongest[:count]].sum()
    )


def busiest_place(shares: Float[np.ndarray, "height width"]) -> tuple[str | None, float]:
    """The quarter that holds at least half of the evidence, else the half that holds at least 65% of it, and its share.

    The centre counts as a quarter: the middle half of the rows and columns. (None, 1.0) if there is no such place.
    `shares` sum to 1; their sides are multiples of 4.
    """
    height, width = shares.shape
    blocks = shares.reshape(2, height // 2, 2, width // 2).sum(axis=(1, 3))
    quarters = {
        f"{row} {column} quarter": float(blocks[i, j])
        for i, row in enumerate(("upper", "lower"))
        for j, column in enumerate(("left", "right"))
    }
    quarters["centre"] = float(shares[height // 4 : -height // 4, width // 4 : -width // 4].sum())
    halves = {
        "upper half": float(blocks[0].sum()),
        "lower half": float(blocks[1].sum()),
        "left half": float(blocks[:, 0].sum()),
        "right half": float(blocks[:, 1].sum()),
    }
    for places, threshold in ((quarters, QUARTER_SHARE), (halves, HALF_SHARE)):
        place = max(places, key=places.__getitem__)
        if places[place] >= threshold:
            return place, places[place]
    return None, 1.0


def measured_faithfulness(metrics: Metrics) -> FaithfulnessFigures | None:
    """What a release says of the faithfulness of the methods that this code knows; None if nothing."""
    if (found := metrics.faithfulness) is None:
        return None
    methods = {name: scores for name, scores in found.methods.items() if name in METHOD_NAMES}
    return replace(found, methods=methods) if methods else None


def faithfulness_table(found: FaithfulnessFigures) -> str:
    """The faithfulness of each method, as a release states it, in Markdown; the most faithful by ROAD first."""
    lines = ["| method | deletion, lower is better | insertion, higher | ROAD, higher |", "| --- | --- | --- | --- |"]
    for name, scores in sorted(found.methods.items(), key=lambda item: -item[1].road[0]):
        figures = (f"{mean:.3f} ± {half_width:.3f}" for mean, half_width in
                   (scores.deletion, scores.insertion, scores.road))  # fmt: skip
        lines.append(f"| {method_named(name).title} | {' | '.join(figures)} |")
    return "\n".join(lines)


def describe_faithfulness(metrics: Metrics, method: str, layer: str = STAGE_NAMES[-1]) -> str:
    """How faithful a method's maps are, next to the random control's, as a release states it of the last layer."""
    found, control, title = measured_faithfulness(metrics), "random_cam", method_named(method).title
    if found is None or not {method, control} <= set(found.methods):
        return f"How faithful {title} is was not measured for this release."
    road, chance = (
        f"{two_decimals(mean, plus=True)} ± {half_width:.2f}"
        for mean, half_width in (found.methods[name].road for name in (method, control))
    )
    where = "" if layer == STAGE_NAMES[-1] else ", at the last layer and not at this one"
    tried = f"Tried on {found.count:,} test pictures{where}: erasing what {title} calls unimportant leaves"
    more = "more confidence than erasing what it calls important"
    if method == control:
        return f"{tried} {chance} {more}. This control knows nothing."
    return f"{tried} {road} {more}; with random maps the difference is {chance}."


WARNINGS = {
    "max_probability": "the network is less sure here than about almost all of",
    "negative_entropy": "the network is less sure here than about almost all of",
    "max_logit": "the network finds less evidence for any class here than in almost all of",
    "negative_energy": "the network finds less evidence for anything here than in almost all of",
}


def describe_detections(detector: Detector) -> str:
    """What share of which other pictures the warning finds; empty if that was not measured."""
    return listed([f"{percent(each.rate)} of {each.count:,} {name}" for name, each in detector.detections.items()])


def describe_warning(detector: Detector, class_count: int, pictures: str = "CIFAR-10's pictures") -> str:
    """What the warning means, beside the `pictures` that the network was trained on."""
    return f"**Probably none of the {class_count} classes:** {WARNINGS[detector.score]} {pictures}."


def describe_reliability(detector: Detector) -> str:
    """How often the warning is right and wrong."""
    alarms, found = detector.false_alarms, describe_detections(detector)
    catches = f", and catches {found}: where it says nothing, that proves little" if found else ""
    return f"The warning wrongly flags {alarms.rate:.1%} of the {alarms.count:,} test pictures{catches}."
