"""The text that explains the maps on the GradCAM tab."""

from interpret.attribution.methods import METHODS
from interpret.tabs.page.served import ServedRelease
from model.network import STAGE_NAMES


def how_to_read(served: ServedRelease) -> str:
    """The text that explains the maps, and what their colours reach to for this release."""
    measured = served.release.metrics.usual_strength(METHODS[0].name, STAGE_NAMES[-1])
    return HOW_TO_READ.format(reach=USUAL_REACH if measured else OWN_REACH)


USUAL_REACH = (
    "The colours reach what the strongest cell of this method at this layer passes in only one picture of twenty: maps "
    "of different pictures can be compared, and a weak map looks weak. A stronger one stretches the scale."
)
OWN_REACH = "The colours run as far as the strongest of the maps shown and of the predicted class's."

HOW_TO_READ = """
Grad-CAM asks how much the score (logit) of a class would rise if a channel of the chosen layer were more active, and
adds the channels' activations up with these weights. What speaks **against** the class is cut off at zero, except by
HiResCAM, which shows it in blue.

{reach} The legend states how far it goes. When two classes are compared, both share one scale.

The deepest layer has only 4×4 cells. Smooth pictures look sharper than what was computed; the cells do not.

What each method weighs:

""" + "\n".join(
    f"- {method.title}: {method.idea}" + (f" ([paper](https://arxiv.org/abs/{method.paper}))" if method.paper else "")
    for method in METHODS
)
