"""The states of the page that people meet, by name, and how each is reached on a page that has just opened.

Adding a state is one entry in one of the tables, of a function that acts on the page and waits for what it then shows.
"""

from tests.browsing.states import feature_maps, focus, gradcam, kernels, misclassified, troubles
from tests.browsing.states.reaching import State

STATES: dict[str, State] = {
    **gradcam.STATES,
    **misclassified.STATES,
    **feature_maps.STATES,
    **kernels.STATES,
    **troubles.STATES,
    **focus.STATES,
}
