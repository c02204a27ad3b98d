import numpy as np
import pytest

from interpret.attribution.erasing import CELL_NAMES, cell_mask, erase, pixel_mask
from tests.conftest import SUBSET
from training.data.cifar10 import load_cifar10
from training.judging.explanations.erasing import CHOSEN, erasing_figures, erasing_table


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return load_cifar10(SUBSET)[1].images[:3]


@pytest.mark.parametrize("fill", ["mean", "blur"])
def test_the_figures_of_one_picture_are_those_of_erasing_on_the_page(network, cat_pixels, fill):
    figures = erasing_figures(network, cat_pixels[None]).fills[fill]
    alone = [erase(network, cat_pixels, pixel_mask(cell_mask((name,))), fill) for name in CELL_NAMES]
    winner = int(alone[0].before.argmax())
    predicted, measured = (
        np.array([float(getattr(each, name)[winner]) for each in alone]) for name in ("predicted", "measured")
    )
    assert figures.correlation[0] == pytest.approx(np.corrcoef(predicted, measured)[0, 1], abs=1e-4)
    strongest = np.argsort(predicted)
    assert figures.changes["strongest"] == pytest.approx(measured[strongest[0]], abs=1e-4)
    four = erase(network, cat_pixels, pixel_mask(np.isin(np.arange(16), strongest[:4]).reshape(4, 4)), fill)
    assert figures.changes["four strongest"] == pytest.approx(float(four.measured[winner]), abs=1e-4)
    assert figures.falls["four strongest"] == float(four.measured[winner] < 0)


def test_random_cells_are_the_same_at_every_measurement(network, pictures):
    assert erasing_figures(network, pictures) == erasing_figures(network, pictures)


def test_a_picture_on_which_nothing_changes_has_no_correlation_and_is_counted_all_the_same(network, pictures):
    mean = (network.mean.flatten().numpy() * 255).round().astype(np.uint8)
    blank = np.broadcast_to(mean, (32, 32, 3))
    found, without = erasing_figures(network, np.stack([pictures[0], blank])), erasing_figures(network, pictures[:1])
    assert found.count == 2 and found.fills["mean"].correlation[0] == without.fills["mean"].correlation[0]
    assert found.fills["mean"].changes["strongest"] == pytest.approx(without.fills["mean"].changes["strongest"] / 2)


def test_the_table_says_how_often_the_score_fell_and_by_how_much_it_changed(network, pictures):
    found = erasing_figures(network, pictures)
    heads, _, mean, blur = erasing_table(found).splitlines()
    assert (
        heads
        == "| filled with | correlation | strongest cell | random cell | four strongest cells | four random cells |"
    )
    for row, figures in ((mean, found.fills["mean"]), (blur, found.fills["blur"])):
        cells = row.strip("| ").split(" | ")[2:]
        assert cells == [f"{figures.falls[name]:.0%} ({figures.changes[name]:+.2f})" for name in CHOSEN]
