"""How strong a release's maps usually are, so that a colour scale can reach as far, and a weak map look weak.

Measured when a release is made (`training/judging/strength.py`), on pictures that the network was not trained on.
"""

import math
from collections.abc import Mapping
from typing import Any

METRICS_KEY = "map_strength"


def usual_strength(metrics: Mapping[str, Any], method: str, stage: str) -> float:
    """What the strongest cell of the predicted class's map seldom exceeds (one picture in twenty), in the method's
    unit; 0 if the release's metrics do not say, or say nothing that is a positive number."""
    try:
        value = float(metrics[METRICS_KEY]["methods"][method]["stages"][stage])
    except (KeyError, TypeError, ValueError):
        return 0.0
    return value if math.isfinite(value) and value > 0 else 0.0
