from dataclasses import replace

import gradio as gr
import pytest

from interpret.tabs.channel.dossier import channel_endpoint, dossier_on_page, dossier_section
from interpret.tabs.page.served import ServedRelease
from model.choice import Choice


@pytest.fixture(scope="module")
def poor(served):
    lacks = dict.fromkeys(("gallery.parquet", "channels.parquet"), "is not part of it")
    release = replace(served.release, read_table=lambda name: None, lacks=lacks)
    return ServedRelease(Choice(release, "bundled"), served.explainer)


def test_the_answer_holds_pictures_a_table_of_the_classes_a_sentence_and_numbers(served, release):
    pictures, table, sentence, numbers = channel_endpoint(served)("resnet_block3", 317)
    assert len(pictures) == 9 and all(path.endswith(".png") for path, _ in pictures)
    assert table["class"].iloc[0] == max(numbers["class_means"], key=numbers["class_means"].get)
    assert table["mean response"].is_monotonic_decreasing and len(table) == 10
    row = table.set_index("class").loc["cat"]
    assert (
        row["right with it"] == "90.5%" and row["right without it"] == f"{numbers['right_without']['cat'] / 1000:.1%}"
    )
    assert row["weight for it"] == round(float(release.network.fc.weight[3, 317]), 4), "without float32's tail"
    assert row["mean response"] == round(numbers["class_means"]["cat"], 4)
    assert sentence.startswith("Channel 317 of resnet_block3 ")


def test_what_is_not_known_of_a_layer_and_what_is_not_there_is_said_in_the_table(partly_measured):
    _, table, *_ = channel_endpoint(partly_measured)("prep_layer", 3)
    assert set(table["weight for it"]) == {"none"} and set(table["right without it"]) == {"not known"}


def test_an_unknown_channel_is_refused_by_the_api_and_told_on_the_page(served):
    with pytest.raises(gr.Error, match="channel of prep_layer must be a whole number from 0 to 63, got 64"):
        channel_endpoint(served)("prep_layer", 64)
    pictures, table, sentence, numbers = dossier_on_page(served)("prep_layer", 64)
    assert pictures == [] and table is None and numbers is None and "from 0 to 63, got 64" in sentence


@pytest.mark.parametrize("channel", [None, -1])
def test_without_a_channel_nothing_is_shown(served, channel):
    assert dossier_on_page(served)("prep_layer", channel) == ([], None, "", None)


def test_a_release_without_the_tables_says_so_and_shows_no_empty_gallery(blocks, served, poor):
    assert "This release cannot tell: gallery.parquet is not part of it." in dossier_on_page(poor)("prep_layer", 0)[2]
    with gr.Tabs(), gr.Tab("Feature maps", elem_id="feature-maps") as tab:
        layer, channel = gr.Dropdown(["prep_layer"]), gr.Number(0)
        assert not dossier_section(poor, "maps", tab, layer, channel).pictures.parent.visible
        assert dossier_section(served, "kernels", tab, layer, channel).pictures.parent.visible
