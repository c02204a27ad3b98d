import pytest
import yaml

from model.release import BUNDLED
from training.releasing.card import END, START, merge_cards, model_card, write_card
from training.releasing.card_text import CardError


def test_the_bundled_release_has_the_card_that_would_be_written_today(release):
    figures = [f"figures/{path.name}" for path in sorted((BUNDLED / "figures").iterdir())]
    assert (BUNDLED / "README.md").read_text() == model_card(release.metrics, release.config, figures)


def test_renewing_a_card_on_disk_keeps_what_people_wrote(release, tmp_path):
    write_card(release.metrics, release.config, tmp_path)
    card = tmp_path / "README.md"
    written = card.read_text()
    card.write_text(f"{written}\nBy hand.\n")
    write_card(release.metrics, release.config, tmp_path)
    assert card.read_text() == f"{written}\nBy hand.\n"


def test_a_repository_without_a_card_gets_the_generated_one(card):
    assert merge_cards(card, None) == merge_cards(card, "  \n") == card


def test_a_second_push_of_the_same_release_changes_nothing(card):
    assert merge_cards(card, card) == card


def test_prose_around_the_generated_part_is_kept_and_the_part_is_replaced(card):
    edited = (
        card.replace(START, f"Written by hand.\n\n{START}").replace("## Where it fails", "## Gone") + "\nAfterword.\n"
    )
    newer = card.replace("# CifarResNet", "# CifarResNet, retrained")
    merged = merge_cards(newer, edited)
    assert "Written by hand." in merged and merged.endswith("Afterword.\n")
    assert merged.count("# CifarResNet, retrained") == 1 and "## Gone" not in merged
    assert merge_cards(newer, merged) == merged


def test_a_card_written_wholly_by_hand_is_kept_above_the_generated_part(card):
    merged = merge_cards(card, "---\nlicense: mit\n---\n\n# My own words\n")
    assert merged.index("# My own words") < merged.index(START) < merged.index(END)
    assert merge_cards(card, merged) == merged


def test_metadata_that_people_added_is_kept_and_our_figures_are_replaced(card, release):
    edited = card.replace("license: mit", "license: cc-by-4.0\nthumbnail: me.png").replace("- resnet", "- my-tag")
    metadata = yaml.safe_load(merge_cards(card, edited.replace(str(release.test_accuracy), "0.1")).split("---")[1])
    assert (metadata["license"], metadata["thumbnail"]) == ("cc-by-4.0", "me.png")
    assert {"my-tag", "resnet"} <= set(metadata["tags"])
    (entry,) = metadata["model-index"]
    assert entry["results"][0]["metrics"][0]["value"] == release.test_accuracy


def test_results_that_people_added_to_the_model_index_are_kept(card):
    other = "- name: Another\n  results: []\n"
    edited = card.replace("model-index:\n", f"model-index:\n{other}")
    names = [entry["name"] for entry in yaml.safe_load(merge_cards(card, edited).split("---")[1])["model-index"]]
    assert names == ["CifarResNet", "Another"]


def test_a_card_with_windows_line_ends_is_understood(card):
    assert merge_cards(card, card.replace("\n", "\r\n")) == card


@pytest.mark.parametrize("head", ["---\nlicense: apache-2.0\n---", "--- \nlicense: apache-2.0\n---\t\n# Mine\n"])
def test_metadata_is_found_however_its_last_line_ends(card, head):
    merged = merge_cards(card, head)
    assert yaml.safe_load(merged.split("---")[1])["license"] == "apache-2.0"
    assert merged.count("license:") == 1


@pytest.mark.parametrize(
    "broken", [START, END, f"{END}\n{START}", f"{START}\n{END}\n{START}\n{END}", f"{START}\n{START}\n{END}"]
)
def test_a_card_whose_marks_are_broken_is_not_updated(card, broken):
    with pytest.raises(CardError, match="once each"):
        merge_cards(card, f"# Mine\n{broken}\nAfterword")


@pytest.mark.parametrize(
    "broken",
    [
        "---\na: [\n---\n",
        "---\njust words\n---\n",
        "---\nlicense: mit\n# no end\n",
        "---\ntags: [[a]]\n---\n",
        "---\nmodel-index: [CifarResNet]\n---\n",
    ],
)
def test_a_card_whose_metadata_is_broken_is_not_overwritten(card, broken):
    with pytest.raises(CardError):
        merge_cards(card, broken)
