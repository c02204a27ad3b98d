"""The evidence ledger as a picture: sixteen cells with their numbers, and all classes on one scale."""

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from interpret.attribution.cam import resize_map
from interpret.attribution.erasing import CELL_NAMES, GRID
from interpret.attribution.evidence import Evidence
from interpret.attribution.measured.masking import cell_names
from interpret.drawing.render import Panel, draw_panels, panel_origin, write_names, write_numbers
from interpret.drawing.scales import Scale
from interpret.drawing.text import two_decimals

UNIT = "logits"
CELL_SIDE = 72  # pixels of the drawn ledger
CLASS_CELL_SIDE, CLASS_COLUMNS = 32, 3


def draw_ledger(
    cells: Float[Tensor, "side side"],
    scale: Scale,
    title: str,
    *,
    smooth: bool = False,
    errors: Float[Tensor, "side side"] | None = None,
) -> UInt8[np.ndarray, "tall wide 3"]:
    """A square of named cells with their values in numbers, and below these how far they may be off, if known."""
    painted, names = _paint(cells, scale, CELL_SIDE, smooth), cell_names(len(cells))
    below = None if errors is None else errors.cpu().numpy()
    pixels = write_numbers(write_names(painted, names), cells.cpu().numpy(), below)
    return draw_panels([Panel(pixels, title, scale)])


def draw_classes(
    found: Evidence, scale: Scale, class_names: tuple[str, ...], *, smooth: bool = False
) -> UInt8[np.ndarray, "tall wide 3"]:
    """Every class's cells on one scale, the highest score first."""
    order = found.logits.argsort(descending=True).tolist()
    panels = [
        Panel(
            _paint(found.cells[index], scale, CLASS_CELL_SIDE, smooth),
            f"{class_names[index]} {two_decimals(float(found.logits[index]))}",
        )
        for index in order
    ]
    return draw_panels(panels, columns=CLASS_COLUMNS, legend=scale)


def cell_at(x: int, y: int) -> str | None:
    """The name of the cell at a pixel of the drawn ledger; None beside the cells."""
    left, top = panel_origin(GRID * CELL_SIDE)
    column, row = (x - left) // CELL_SIDE, (y - top) // CELL_SIDE
    return CELL_NAMES[row * GRID + column] if 0 <= column < GRID and 0 <= row < GRID else None


def _paint(cells: Float[Tensor, "4 4"], scale: Scale, side: int, smooth: bool) -> UInt8[np.ndarray, "tall wide 3"]:
    return scale.paint(resize_map(cells.cpu(), len(cells) * side, smooth=smooth).numpy())
