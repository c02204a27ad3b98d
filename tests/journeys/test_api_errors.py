"""What the API refuses, and how it says what is allowed."""

from pathlib import Path

import httpx
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError

from tests.answers import CAT
from tests.conftest import EXAMPLES


@pytest.mark.parametrize(
    ("endpoint", "arguments", "allowed"),
    [
        ("/gradcam", {"image": CAT, "layer": "layer4"}, "resnet_block3"),
        ("/gradcam", {"image": CAT, "opacity": 1.5}, "opacity: 1.5 is no number from 0 to 1"),
        ("/gradcam", {"image": CAT, "opacity": "strong"}, "opacity: 'strong' is no number from 0 to 1"),
        ("/export", {"image": CAT, "opacity": None}, "opacity: None is no number from 0 to 1"),
        ("/gradcam", {"image": CAT, "top_k": True}, "top_k (Top predictions): True is no number from 1 to 10"),
        ("/gradcam", {"image": CAT, "top_k": 11}, "top_k (Top predictions): 11 is no number from 1 to 10"),
        ("/gradcam", {"image": CAT, "top_k": 2.5}, "whole number from 1 to 10"),
        ("/gradcam", {"image": CAT, "class_name": "tiger"}, "airplane"),
        ("/gradcam", {"image": CAT, "squaring": "stretch"}, "crop"),
        ("/gradcam", {"image": CAT, "method": "gradcam2"}, "grad_cam_plus_plus"),
        ("/gradcam", {"image": CAT, "palette": "rainbow"}, "viridis"),
        ("/evidence", {"image": CAT, "class_name": "tiger"}, "airplane"),
        ("/evidence", {"image": CAT, "against": "tiger"}, "airplane"),
        ("/evidence", {"image": CAT, "credit": "equal"}, "strongest"),
        ("/erase", {"image": CAT, "credit": "equal"}, "shared"),
        ("/gradcam", {"image": CAT, "method": "shared_credit", "layer": "prep_layer"}, "at resnet_block3 only"),
        ("/gradcam", {"image": CAT, "method": "shapley", "orders": 7}, "an even number from 2 to 64"),
        (
            "/gradcam",
            {"image": CAT, "method": "shapley", "orders": 1_000},
            "orders (Random orders): 1000 is no number",
        ),
        ("/gradcam", {"image": CAT, "method": "shapley", "seed": 0.5}, "whole number from 0 to 9999"),
        ("/gradcam", {"image": CAT, "method": "shapley", "grid": "5x5"}, "4"),
        ("/measured", {"image": CAT, "fill": "black"}, "blur"),
        ("/measured", {"image": CAT, "class_name": "tiger"}, "airplane"),
        ("/balance", {"image": CAT, "against": "tiger"}, "airplane"),
        ("/side_by_side", {"image": CAT, "methods": []}, "from 1 to 12 methods"),
        ("/side_by_side", {"image": CAT, "methods": ["gradcam2"]}, "grad_cam_plus_plus"),
        ("/side_by_side", {"image": CAT, "sort": "speed"}, "insertion"),
        ("/measured", {"image": None}, "Choose a picture first"),
        ("/side_by_side", {"image": None}, "Choose a picture first"),
        ("/balance", {"image": None}, "Choose a picture first"),
        (
            "/erase",
            {"image": CAT, "cells": ["E5"]},
            "cells (Erase cells): 'E5' is not one of the choices",
        ),
        ("/erase", {"image": CAT, "cells": [], "fill": "white"}, "blur"),
        ("/erase", {"image": CAT, "cells": [], "brushed": "ff"}, "256 hexadecimal digits"),
        ("/controls", {"image": CAT, "method": "gradcam2"}, "grad_cam"),
        ("/export", {"image": CAT, "layer": "layer4"}, "resnet_block3"),
        (
            "/feature_maps",
            {"image": CAT, "channel": 64},
            "channel (Channel, in every layer): 64 is no number",
        ),
        ("/kernels", {"layer": "fc"}, "prep_layer"),
        ("/kernels", {"layer": "prep_layer", "input_channel": 3, "rgb": False}, "from 0 to 2"),
        ("/misclassified", {"count": 0}, "count (How many): 0 is no number from 1 to 527"),
        ("/misclassified", {"true_label": "tiger"}, "truck"),
        ("/misclassified", {"sort": "beauty"}, "margin"),
        ("/misclassified", {"verdict": "guilty"}, "rejected"),
        ("/misclassified", {"min_confidence": 2}, "min_confidence (Confidence at least): 2 is no number from 0 to 1"),
        ("/misclassified", {"min_confidence": 0.9, "max_confidence": 0.1}, "must not be above"),
        ("/misclassified", {"count": 500, "page": 3}, "page must be a whole number from 1 to 2"),
        ("/misclassified", {"count": 1.5}, "whole number"),
        ("/confusion", {"normalise": "rows"}, "shares"),
        ("/error", {"test_index": 1}, "not among this release's 527 errors"),
        ("/error", {"test_index": None}, "errors"),
        ("/confused", {"true_label": "tiger", "predicted_label": "dog"}, "airplane"),
        ("/confused", {"true_label": "any", "predicted_label": "dog"}, "Name two of the classes"),
        ("/lesions", {"channels": "512"}, "from 0 to 511"),
        ("/lesions", {"draw": "tiger", "count": 1}, "truck"),
        ("/cell", {"image": CAT, "layer": "custom_block3", "row": 4}, "from 0 to 3"),
        ("/cell", {"image": None}, "Choose a picture first"),
        ("/switch_off", {"image": CAT, "layer": "prep_layer", "channel": 64}, "from 0 to 63"),
        ("/kernels", {"kernel": 64}, "63"),
        ("/kernels", {"sort": "beauty"}, "norm"),
        ("/export_errors", {"form": "xls"}, "parquet"),
        ("/compared", {}, "COMPARE_REPO_ID"),
        ("/predict", {"image": None}, "Choose a picture first"),
        ("/predict", {"image": "examples/cat.png"}, "Upload the picture, with handle_file()"),
        ("/predict", {"image": {"path": 7}}, "Upload the picture, with handle_file()"),
        ("/erase", {"image": CAT, "brushed": 1.5}, "hexadecimal digits"),
        ("/gradcam", {"image": None}, "Choose a picture first"),
        ("/feature_maps", {"image": None}, "Choose a picture first"),
    ],
)
def test_a_wrong_argument_is_an_error_that_says_what_is_allowed(client, endpoint, arguments, allowed):
    with pytest.raises(AppError) as caught:
        client.predict(**arguments, api_name=endpoint)
    assert allowed in str(caught.value)


@pytest.mark.parametrize("name", ["broken.png", "broken.jpg", "text.txt", "drawing.svg"])
def test_a_file_that_is_no_picture_is_an_error_that_says_what_is(client, tmp_path: Path, name):
    file = tmp_path / name
    file.write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(AppError, match=r"PNG, JPEG"):
        client.predict(handle_file(str(file)), api_name="/predict")


@pytest.mark.parametrize("meta", [{}, {"meta": {"_type": "gradio.FileData"}}])
def test_a_path_on_the_server_is_not_read_for_whoever_names_it(client, app, meta):
    """A raw request, as an attacker writes it: gradio_client would upload the file."""
    payload = {"data": [{"path": str(EXAMPLES / "cat.png"), **meta}, 0, 1]}
    with httpx.Client(base_url=app.url, timeout=120) as http:
        event = http.post("/gradio_api/call/gradcam", json=payload).json()["event_id"]
        answer = http.get(f"/gradio_api/call/gradcam/{event}").text
    assert "event: error" in answer and "confidences" not in answer
    assert "Upload the picture, with handle_file()" in answer
