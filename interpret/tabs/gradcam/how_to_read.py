"""The text that explains the maps on the GradCAM tab."""

from interpret.attribution.methods import BY_GROUP, FIRST_METHOD, GROUPS
from interpret.drawing.words import number_in_words
from interpret.tabs.page.served import ServedRelease
from model.network import STAGE_NAMES


def how_to_read(served: ServedRelease) -> str:
    """The text that explains the maps, and what their colours reach to for this release."""
    measured = served.release.metrics.usual_strength(FIRST_METHOD, STAGE_NAMES[-1])
    return HOW_TO_READ.format(
        methods=_kinds_of_methods(),
        reach=USUAL_REACH if measured else OWN_REACH,
        classes=number_in_words(len(served.class_names)),
    )


USUAL_REACH = (
    "The colours reach what the strongest cell of this method at this layer passes in only one picture of twenty: maps "
    "of different pictures can be compared, and a weak map looks weak. A stronger one stretches the scale."
)
OWN_REACH = "The colours run as far as the strongest of the maps shown and of the predicted class's."

HOW_TO_READ = """
The network turns a picture into {classes} **scores** (logits), one for each class; the largest wins. A map says which
parts of the picture a score comes from. There are four kinds:

{methods}

{reach} The legend states how far it goes. When two classes are compared, both share one scale.

The deepest layer has only 4×4 cells. Smooth pictures look sharper than what was computed; the cells do not.
"""


def _kinds_of_methods() -> str:
    lines = []
    for group in GROUPS:
        lines.append(f"**{group[0].upper()}{group[1:]}**\n")
        for method in (each for each in BY_GROUP if each.group == group):
            paper = f" ([paper]({method.link}))" if method.link else ""
            lines.append(f"- {method.title}: {method.idea}{paper}")
        lines.append("")
    return "\n".join(lines)
