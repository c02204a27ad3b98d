import pytest

from interpret.tabs.page.settings import (
    LAYER_CHOICES,
    NAMED_LAYER_CHOICES,
    PARAMETERS,
    documentation,
    explanation_settings,
)
from model.network import CIFAR10_CLASSES


@pytest.fixture
def settings(blocks):
    return explanation_settings(CIFAR10_CLASSES)


def test_a_fresh_page_asks_for_shared_credit_and_an_endpoint_for_grad_cam_at_the_last_layer(
    settings,
):
    found = {name: widget.value for name, widget in vars(settings).items()}
    assert found == {
        "class_name": "predicted", "against": "none", "method": "shared_credit",
        "method_by_default": "grad_cam", "layer": "resnet_block3",
        "opacity": 0.5, "smooth": False, "top_k": 3, "palette": "magma", "credit": "shared",
        "orders": 8, "seed": 0, "grid": "4x4", "fill": "mean",
    }  # fmt: skip


def test_every_class_can_be_explained_and_compared_with(settings):
    for widget, none in ((settings.class_name, "predicted"), (settings.against, "none")):
        assert [value for _, value in widget.choices] == [none, *CIFAR10_CLASSES]


def test_sliders_reach_from_one_class_to_all_and_from_no_evidence_to_nothing_else(settings):
    assert (settings.top_k.minimum, settings.top_k.maximum, settings.top_k.step) == (1, 10, 1)
    assert (settings.opacity.minimum, settings.opacity.maximum) == (0, 1)


def test_methods_are_listed_by_what_they_are(settings):
    labels = [label for label, _ in settings.method.choices]
    kinds = [label.rpartition(" (")[2].rstrip(")") for label in labels]
    assert list(dict.fromkeys(kinds)) == ["adds up", "gradients", "measured", "control"]
    assert kinds == sorted(kinds, key=["adds up", "gradients", "measured", "control"].index)
    assert len({value for _, value in settings.method.choices}) == 13


def test_layers_are_named_with_their_number_and_their_cells():
    assert LAYER_CHOICES[0] == ("1 of 6: 32×32 cells", "prep_layer")
    assert LAYER_CHOICES[5] == ("6 of 6: 4×4 cells", "resnet_block3")
    assert NAMED_LAYER_CHOICES[0] == ("1: prep_layer, 32×32", "prep_layer")
    assert NAMED_LAYER_CHOICES[3] == ("4: custom_block2, 8×8", "custom_block2")


def test_a_docstring_gains_who_answers_and_the_parameters_that_it_shares():
    def handler(image: str, opacity: float = 0.5, count: int = 1) -> int:
        """Counts.

        Slowly.

        Parameters:
            count: how often.
        Returns:
            The count.
        """
        return count

    assert documentation(handler, "Answered by release 1.").splitlines() == [
        "Counts. Answered by release 1.",
        "",
        "Slowly.",
        "",
        "Parameters:",
        f"    image: {PARAMETERS['image']}",
        f"    opacity: {PARAMETERS['opacity']}",
        "    count: how often.",
        "Returns:",
        "    The count.",
    ]


def test_a_docstrings_own_words_count_more_than_the_shared_ones():
    def handler(image: str) -> str:
        """Looks.

        Parameters:
            image: a photograph.
        """
        return image

    assert "    image: a photograph." in documentation(handler, "").splitlines()
    assert PARAMETERS["image"] not in documentation(handler, "")
