"""What the app answers, as tests of several journeys read it."""

import numpy as np
from gradio_client import handle_file
from PIL import Image

from tests.conftest import EXAMPLES

CAT = handle_file(str(EXAMPLES / "cat.png"))


def pixels_of(path: str) -> np.ndarray:
    assert path.endswith(".png")
    return np.asarray(Image.open(path).convert("RGB"))


def confidences_of(label: dict) -> dict[str, float]:
    return {each["label"]: each["confidence"] for each in label["confidences"]}
