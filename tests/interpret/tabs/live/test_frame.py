import base64
import io

import numpy as np
import pytest
from PIL import Image

from interpret.explanation import Question, Style, explain
from interpret.tabs.live import frame as frames
from interpret.tabs.live.frame import MOST_CHARACTERS, WRONG_FORM, frame_endpoint, usual_choices
from interpret.tabs.page.components.results import drawn_confidences
from tests.conftest import EXAMPLES

NAMES = ["resize_mode", "layer", "class_name", "against", "method", "opacity", "smooth", "palette", "top_k"]


def text_of(picture: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"


@pytest.fixture
def camera() -> bytes:
    """A camera's picture, wider than high."""
    file = io.BytesIO()
    Image.open(EXAMPLES / "cat.png").resize((170, 128)).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def ask(served, camera):
    endpoint = frame_endpoint(served)
    usual = dict(zip(NAMES, usual_choices(served.class_names), strict=True))
    return lambda **chosen: endpoint({"frame": text_of(camera), "choices": list((usual | chosen).values())})


def pixels_of(data_url: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data_url.partition(",")[2]))))


@pytest.mark.parametrize(
    ("method", "layer", "resize_mode", "against"),
    [
        ("shared_credit", "resnet_block3", "crop", "none"),
        ("hires_cam", "custom_block3", "fit", "dog"),
        ("grad_cam", "prep_layer", "crop", "ship"),
    ],
)
def test_a_frame_is_explained_as_the_same_still_picture(explainer, ask, camera, method, layer, resize_mode, against):
    found = ask(method=method, layer=layer, resize_mode=resize_mode, class_name="cat", against=against, opacity=0.7)
    names = ("cat",) if against == "none" else ("cat", against)
    still = explain(explainer, Question(camera, resize_mode, layer, names, method))
    assert [each["title"] for each in found["maps"]] == still.titles()
    for shown, overlay in zip(found["maps"], still.overlays(Style(0.7)), strict=True):
        assert np.array_equal(np.kron(pixels_of(shown["picture"]), np.ones((10, 10, 1), np.uint8)), overlay)
    assert (found["label"], found["sentence"], found["note"]) == (
        drawn_confidences(still.confidences(3)), still.sentence(), "",
    )  # fmt: skip


@pytest.mark.parametrize(("method", "title"), [("shapley", "Measured Shapley"), ("score_cam", "Score-CAM")])
def test_a_method_that_runs_the_network_many_times_gives_way_to_grad_cam_and_that_is_told(ask, method, title):
    found, usual = ask(method=method), ask(method="grad_cam")
    assert found["note"] == f"{title} is no method for Live: this is Grad-CAM."
    assert found["maps"] == usual["maps"] and usual["note"] == ""


def test_of_two_frames_at_once_the_second_is_turned_away_at_once_and_the_next_is_answered(served, ask, monkeypatch):
    answers = []
    original = frames.explained

    def explained(*asked):
        answers.append(ask())
        return original(*asked)

    monkeypatch.setattr(frames, "explained", explained)
    assert "maps" in ask() and answers == [{"busy": True}]
    monkeypatch.setattr(frames, "explained", original)
    assert "maps" in ask()


def test_nothing_of_a_frame_is_kept_or_logged(ask, explainer, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    with caplog.at_level(0):
        assert "maps" in ask()
    assert list(tmp_path.rglob("*")) == [] and caplog.records == []


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "frame",
        {},
        {"frame": 7, "choices": []},
        {"frame": "data:image/png;base64,AAAA", "choices": ["crop"]},
        {"frame": "data:image/png;base64,AAAA", "choices": [None] * 9},
        {"frame": "data:image/png;base64,AAAA", "choices": [["crop"]] * 9},
    ],
)
def test_what_is_no_frame_with_choices_is_refused_in_words(served, wrong):
    assert frame_endpoint(served)(wrong) == {"problem": WRONG_FORM}


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"layer": "layer4"}, "Unknown layer 'layer4'"),
        ({"method": "gradcam2"}, "Unknown method 'gradcam2'"),
        ({"class_name": "tiger"}, "tiger"),
        ({"resize_mode": "stretch"}, "stretch"),
        ({"opacity": 2}, "from 0 to 1"),
        ({"opacity": True}, WRONG_FORM),
        ({"palette": "rainbow", "method": "grad_cam"}, "rainbow"),
        ({"top_k": 11}, "from 1 to 10"),
    ],
)
def test_a_choice_that_there_is_not_is_refused_in_words_and_the_next_frame_is_answered(ask, chosen, said):
    assert said in ask(**chosen)["problem"]
    assert "maps" in ask()


@pytest.mark.parametrize("frame", ["", "data:image/png;base64,", "data:image/png;base64,AAAA", "data:;base64,%%%"])
def test_a_frame_that_is_no_picture_is_refused_in_words(served, frame):
    answer = frame_endpoint(served)({"frame": frame, "choices": usual_choices(served.class_names)})
    assert set(answer) == {"problem"} and answer["problem"].endswith(".")


def test_a_frame_that_is_too_large_is_refused_before_it_is_read(served):
    asked = {"frame": "x" * (MOST_CHARACTERS + 1), "choices": usual_choices(served.class_names)}
    assert "at most 400,000 characters" in frame_endpoint(served)(asked)["problem"]
