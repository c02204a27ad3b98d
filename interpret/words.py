"""Sentences that say what a map says, with numbers taken from it."""

import numpy as np
from jaxtyping import Float

HALF_SHARE = 0.65
QUARTER_SHARE = 0.5


def describe_cam(cam: Float[np.ndarray, "height width"], class_name: str) -> str:
    """Where the positive evidence for a class lies: in which quarter or half of the picture, and how much of it."""
    total = float(cam.sum())
    if total <= 0:
        return f"At this layer nothing in the picture speaks for {class_name}."
    place, share = busiest_place(cam / total)
    if place is None:
        return f"The evidence for {class_name} is spread over the whole picture."
    return f"{share:.0%} of the evidence for {class_name} lies in the {place} of the picture."


def busiest_place(shares: Float[np.ndarray, "height width"]) -> tuple[str | None, float]:
    """The quarter that holds at least half of the evidence, else the half that holds at least 65% of it, and its share.

    (None, 1.0) if there is neither. `shares` sum to 1 and have even sides.
    """
    height, width = shares.shape
    blocks = shares.reshape(2, height // 2, 2, width // 2).sum(axis=(1, 3))
    quarters = {
        f"{row} {column} quarter": float(blocks[i, j])
        for i, row in enumerate(("upper", "lower"))
        for j, column in enumerate(("left", "right"))
    }
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
