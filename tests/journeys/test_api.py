"""The app, started for real and called as users call it: through gradio_client."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from gradio_client import handle_file
from PIL import Image

from interpret.attribution.cam import class_activation_maps
from interpret.attribution.erasing import cell_mask, erase, pixel_mask
from interpret.attribution.evidence import CREDITS
from interpret.attribution.methods import METHOD_NAMES
from interpret.drawing.render import enlarge
from interpret.prediction import predict
from model.images import prepare, to_tensor
from model.network import STAGES
from tests.answers import CAT, confidences_of, pixels_of
from tests.conftest import EXAMPLES, client_of
from tests.docs.api import RECORD, description


def test_clients_see_the_same_endpoints_in_the_same_order_with_the_same_words(client):
    assert description(client).splitlines() == RECORD.read_text().splitlines()


def test_its_documented_endpoints_take_their_parameters_in_the_promised_order(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    promised = {
        "/gradcam": ["image", "opacity", "top_k", "layer"],
        "/misclassified": ["count", "true_label", "predicted_label"],
        "/feature_maps": ["image", "channel"],
        "/kernels": ["layer"],
        "/predict": ["image"],
    }
    for name, parameters in promised.items():
        found = endpoints[name]["parameters"]
        assert [each["parameter_name"] for each in found][: len(parameters)] == parameters
        assert all(each["parameter_has_default"] for each in found if each["parameter_name"] != "image")
        assert not [each for each in found if each["parameter_name"] == "image" and each["parameter_has_default"]]
        assert endpoints[name]["description"]


def test_no_event_that_is_kept_for_later_has_two_handlers_which_would_set_each_other_off_for_ever(client):
    """Gradio's page, once a busy handler is done, fires a kept (always_last) event again for all of its handlers."""
    handlers: dict[tuple[int, str], list[str]] = {}
    for each in client.config["dependencies"]:
        for target, event in each["targets"]:
            if target is not None and event != "load":  # these are fired one by one
                handlers.setdefault((target, event), []).append(each["trigger_mode"])
    kept = {event: modes for event, modes in handlers.items() if "always_last" in modes}
    assert kept
    assert {event: modes for event, modes in kept.items() if len(modes) > 1} == {}


def test_predict_gives_all_ten_confidences_of_the_served_network(client, network):
    label = client.predict(CAT, api_name="/predict")
    _, expected = predict(network, to_tensor(prepare(EXAMPLES / "cat.png")[None]))
    found = confidences_of(label)
    assert label["label"] == network.config.class_names[int(expected.argmax())]
    assert sum(found.values()) == pytest.approx(1, abs=1e-5)
    for name, value in zip(network.config.class_names, expected[0].tolist(), strict=True):
        assert found[name] == pytest.approx(value, abs=1e-6)


def test_gradcam_answers_a_positional_call_in_the_order_of_the_first_version(client):
    label, overlay, cells, sentence, against = client.predict(CAT, 0.3, 2, "custom_block2", api_name="/gradcam")
    assert len(label["confidences"]) == 2
    assert pixels_of(overlay).shape == (320, 320, 3)
    assert pixels_of(cells).ndim == 3
    assert "evidence" in sentence or "nothing" in sentence
    assert against is None


def test_at_opacity_zero_the_overlay_is_the_picture_that_the_network_saw_without_loss(client, cat_pixels):
    _, overlay, *_ = client.predict(CAT, 0, 3, api_name="/gradcam")
    assert np.array_equal(pixels_of(overlay), enlarge(cat_pixels, 10))


def test_gradcam_explains_a_chosen_class_and_compares_it_with_another(client):
    *_, sentence, against = client.predict(CAT, class_name="dog", against="frog", api_name="/gradcam")
    assert "dog" in sentence and "frog" in sentence
    assert pixels_of(against).shape == (320, 320, 3)


@pytest.mark.parametrize("stage", STAGES)
def test_gradcam_answers_at_every_layer(client, stage):
    assert client.predict(CAT, layer=stage.name, api_name="/gradcam")[0]["label"]


@pytest.mark.parametrize("method", METHOD_NAMES)
def test_gradcam_answers_by_every_method(client, method):
    _, overlay, _, sentence, _ = client.predict(CAT, method=method, api_name="/gradcam")
    assert pixels_of(overlay).shape == (320, 320, 3) and sentence


def test_the_evidence_adds_up_to_the_score_and_its_text_says_the_same(client, network, cat):
    ledger, classes, sentence, numbers = client.predict(CAT, api_name="/evidence")
    logits = network(cat)[0]
    assert numbers["class"] == network.config.class_names[int(logits.argmax())]
    assert sum(map(sum, numbers["cells"])) == pytest.approx(float(logits.max()), rel=1e-4)
    assert f"is {numbers['sum']:.2f} logits" in sentence
    assert pixels_of(ledger).ndim == pixels_of(classes).ndim == 3


def test_the_evidence_for_one_class_rather_than_another_adds_up_to_the_lead(client, network, cat):
    *_, sentence, numbers = client.predict(CAT, "cat", "dog", api_name="/evidence")
    logits = network(cat)[0]
    assert numbers["sum"] == pytest.approx(float(logits[3] - logits[5]), rel=1e-4)
    assert sentence.startswith("Cat's lead over dog is")


def test_either_credit_adds_up_to_the_score(client, network, cat):
    shared, strongest = (client.predict(CAT, "cat", credit=each, api_name="/evidence")[3] for each in CREDITS)
    for numbers in (shared, strongest):
        assert np.sum(numbers["cells"]) == pytest.approx(float(network(cat)[0, 3]), rel=1e-4)
    assert client.predict(CAT, "cat", api_name="/evidence")[3] == shared != strongest


def test_erasing_is_predicted_by_the_ledger_that_is_shown(client):
    for credit in CREDITS:
        cells = client.predict(CAT, "cat", credit=credit, api_name="/evidence")[3]["cells"]
        _, table, _ = client.predict(CAT, ["C2"], class_name="cat", credit=credit, api_name="/erase")
        predicted = next(row[1] for row in table["data"] if row[0] == "cat")
        assert predicted == pytest.approx(-cells[1][2], abs=1e-3)


def test_a_balance_adds_up_at_every_layer(client, network, cat):
    picture, sentence, numbers = client.predict(CAT, "cat", api_name="/balance")
    assert len(numbers["layers"]) == 7 and pixels_of(picture).ndim == 3 and sentence
    for each in numbers["layers"].values():
        assert each["cells"] + each["constants"] == pytest.approx(float(network(cat)[0, 3]), abs=1e-4)


def test_what_is_measured_adds_up_and_what_is_enough_is_said_by_a_run_of_the_network(client, network, cat):
    worth, enough, _, sentence, numbers = client.predict(CAT, "cat", orders=4, api_name="/measured")
    assert np.sum(numbers["cells"]) == pytest.approx(numbers["score"] - numbers["blank_score"], abs=1e-4)
    assert numbers["score"] == pytest.approx(float(network(cat)[0, 3]), abs=1e-4)
    seen = pixels_of(enough)[::8, ::8]
    _, probabilities = predict(network, to_tensor(seen[None]))
    assert float(probabilities[0, 3]) == pytest.approx(numbers["enough"]["confidence"], abs=1e-4) and "cat" in sentence
    assert pixels_of(worth).ndim == 3


def test_measuring_gives_the_same_map_wherever_it_is_asked_for(client):
    numbers = client.predict(CAT, "cat", orders=4, seed=3, api_name="/measured")[4]
    asked = {"class_name": "cat", "method": "shapley", "orders": 4, "seed": 3}
    document = json.loads(Path(client.predict(CAT, **asked, api_name="/export")[0]).read_text())
    assert document["map"] == numbers["cells"]
    assert document["measured"]["standard_errors"] == numbers["standard_errors"]


def test_methods_stand_side_by_side_the_most_faithful_first(client):
    asked = ["occlusion", "shared_credit", "hires_cam", "random_cam"]
    gallery, table, sentence = client.predict(CAT, asked, api_name="/side_by_side")
    assert len(gallery) == len(table["data"]) == 4 and sentence.startswith("4 methods")
    road = [row[table["headers"].index("ROAD, higher")] for row in table["data"]]
    assert road == sorted(road, reverse=True)
    assert [item["caption"].split(":")[0] for item in gallery] == [row[0] for row in table["data"]]
    assert all(pixels_of(item["image"]).ndim == 3 for item in gallery)


def test_a_smooth_ledger_has_the_same_numbers_and_no_edges_between_the_cells(client):
    cells, smooth = (client.predict(CAT, "cat", smooth=each, api_name="/evidence") for each in (False, True))
    assert smooth[2:] == cells[2:]
    left, top, side = 12, 36, 72  # pixels of the drawn ledger
    across = np.s_[top + side + 60, left : left + 4 * side]  # below the second row's numbers
    edges = [int(np.abs(np.diff(pixels_of(each[0])[across].astype(int), axis=0)).max()) for each in (cells, smooth)]
    assert edges[0] > 100 and edges[1] < 20
    assert not np.array_equal(pixels_of(smooth[1]), pixels_of(cells[1]))


def test_erasing_gives_what_is_left_and_each_score_before_and_after(client, network, cat_pixels):
    picture, table, sentence = client.predict(CAT, ["A1", "B2"], "blur", api_name="/erase")
    expected = erase(network, cat_pixels, pixel_mask(cell_mask(("A1", "B2"))), "blur")
    assert np.array_equal(pixels_of(picture), enlarge(expected.pixels, 8))
    rows = {row[0]: row[1:] for row in table["data"]}
    for number, name in enumerate(network.config.class_names):
        figures = [float(each[number]) for each in (expected.predicted, expected.measured, expected.before)]
        assert rows[name][:3] == pytest.approx(figures, abs=6e-4)
    assert sentence.startswith("Without A1 and B2 the score of")


def test_brushed_pixels_are_erased_too(client, network, cat_pixels):
    mask = np.zeros((32, 32), bool)
    mask[10:14, 3:9] = True
    picture, _, sentence = client.predict(CAT, [], brushed=np.packbits(mask).tobytes().hex(), api_name="/erase")
    assert np.array_equal(pixels_of(picture), enlarge(erase(network, cat_pixels, mask).pixels, 8))
    assert sentence.startswith("Without 24 brushed pixels the score of")


def test_what_erasing_does_to_the_lead_over_another_class_is_said(client):
    _, table, sentence = client.predict(CAT, ["B2"], "mean", "cat", "crop", "", "dog", api_name="/erase")
    rows = {name: (predicted, measured) for name, predicted, measured, *_ in table["data"]}
    lead = [rows["cat"][at] - rows["dog"][at] for at in (0, 1)]
    found = re.search(
        r"the lead of cat over dog would change by (\S+) logits by the ledger; it changes by ([^,]+),", sentence
    )
    assert found is not None
    assert [float(each.replace("\u2212", "-")) for each in found.groups()] == pytest.approx(lead, abs=0.01)


def test_controls_are_given_with_their_rank_correlations(client):
    picture, sentence, correlations = client.predict(CAT, api_name="/controls")
    assert set(correlations) == {"random_weights", "random_cam", "edges"}
    assert all(value is None or -1 <= value <= 1 for value in correlations.values())
    assert sentence and pixels_of(picture).ndim == 3


def test_an_export_is_the_map_with_all_that_made_it(client, network, cat, release):
    files = client.predict(CAT, method="layer_cam", layer="custom_block3", api_name="/export")
    document = json.loads(Path(files[0]).read_text())
    expected = class_activation_maps(network, cat, "custom_block3", (None,), "layer_cam")
    assert np.array_equal(np.load(files[1]), expected.maps[0].numpy())
    assert np.allclose(document["map"], expected.maps[0].numpy())
    assert list(document["logits"].values()) == pytest.approx(expected.logits.tolist(), rel=1e-6)
    assert document["release"] == release.identifier and document["method"] == "layer_cam"
    assert [Path(each).name for each in files] == ["map.json", "map.npy", "overlay.png", "overlay-32.png"]


def test_an_export_of_two_classes_tells_the_second_map_and_a_margin_that_the_cells_add_up_to(client):
    files = client.predict(CAT, method="hires_cam", class_name="cat", against="dog", api_name="/export")
    document = json.loads(Path(files[0]).read_text())
    against = document["against"]
    assert against["class"] == "dog"
    assert against["margin"] == pytest.approx(document["logits"]["cat"] - document["logits"]["dog"], rel=1e-5)
    assert np.sum(document["map"]) - np.sum(against["map"]) == pytest.approx(against["margin"], rel=1e-4)
    assert json.loads(Path(client.predict(CAT, api_name="/export")[0]).read_text())["against"] is None


def test_an_exported_overlay_of_32_pixels_is_the_picture_that_the_network_saw(client, cat_pixels):
    *_, small = client.predict(CAT, 0.0, api_name="/export")
    assert np.array_equal(pixels_of(small), cat_pixels)


def test_an_exported_overlay_has_the_pictures_own_resolution_up_to_1024_pixels(client, tmp_path):
    for name, size, side in (("a.png", (300, 200), 200), ("b.png", (3000, 2000), 1024), ("c.jpg", (1920, 1280), 1024)):
        Image.new("RGB", size, (10, 200, 30)).save(tmp_path / name, quality=100)
        *_, overlay, _ = client.predict(handle_file(str(tmp_path / name)), 0.0, api_name="/export")
        assert pixels_of(overlay).shape == (side, side, 3)
        assert (abs(pixels_of(overlay).astype(int) - (10, 200, 30)) <= (2 if name == "c.jpg" else 0)).all()


def test_comparing_a_class_with_itself_compares_nothing(client):
    *_, against = client.predict(CAT, class_name="dog", against="dog", api_name="/gradcam")
    assert against is None


def test_uploads_in_other_formats_give_the_logits_of_the_same_pixels(client, tmp_path: Path):
    pixels = prepare(EXAMPLES / "cat.png")
    expected = confidences_of(client.predict(CAT, api_name="/predict"))
    for name in ("cat.bmp", "cat.tiff", "cat.webp"):
        Image.fromarray(pixels).save(tmp_path / name, lossless=True)
        found = confidences_of(client.predict(handle_file(str(tmp_path / name)), api_name="/predict"))
        assert found == expected


def test_concurrent_calls_give_exactly_the_serial_answers(client, app, tmp_path: Path):
    """Each caller has a session of its own, as visitors do: gradio_client shares one stream among a session's calls,
    and cancels a call that comes while it closes."""
    calls = [(path, layer) for path in sorted(EXAMPLES.glob("*.png"))[:4] for layer in ("resnet_block3", "prep_layer")]

    def answer(call, client=client):
        label, overlay, cells, sentence, _ = client.predict(
            handle_file(str(call[0])), 0.5, 10, call[1], api_name="/gradcam"
        )
        return confidences_of(label), pixels_of(overlay).tobytes(), pixels_of(cells).tobytes(), sentence

    serial = [answer(call) for call in calls]
    own = threading.local()

    def come() -> None:
        own.client = client_of(app.url, tmp_path)

    with ThreadPoolExecutor(8, initializer=come) as pool:
        concurrent = list(pool.map(lambda call: answer(call, own.client), calls * 2))
    assert concurrent == serial * 2
