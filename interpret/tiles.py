"""Winograd's transforms F(4x4, 3x3) of pictures into tiles and back, in one pass over memory each; torch needs a dozen.

A. Lavin and S. Gray 2015, https://arxiv.org/abs/1509.09308, section 4.3: a tile is 6x6 places that overlap by two with
the next, and gives 4x4 outputs. The functions are compiled when they are first called, and leave the interpreter to
other threads while they run. All arrays are float32, channels last, without gaps.

The compiler makes vector instructions only of loops over one flat array that it can see to be plain. So rows of values
are named by the place in their array at which they start, and all places are unsigned: a signed one could count from
the end.
"""

from typing import no_type_check

import numba
import numpy as np

TWO, FOUR, FIVE, EIGHT, NOTHING = (np.float32(value) for value in (2, 4, 5, 8, 0))
U = np.uintp
compiled = numba.njit(nogil=True)


@compiled
@no_type_check
def transform_inputs(x, inputs):
    """Cuts x (batch, height, width, channels), padded by one on each side, into tiles, row by row, and transforms them:
    into inputs (36, tiles, channels)."""
    batch, height, width, channels = U(x.shape[0]), U(x.shape[1]), U(x.shape[2]), U(x.shape[3])
    line, plane = width * channels, U(inputs.shape[1]) * channels
    flat, flat_inputs = x.reshape(-1), inputs.reshape(-1)
    half = np.empty(U(6) * line, np.float32)
    tile = U(0)
    for picture in range(batch):
        for row in range((height - U(2)) // U(4)):
            _six(half, U(0), line, flat, (picture * height + U(4) * row) * line, line, line)
            for column in range((width - U(2)) // U(4)):
                for i in range(U(6)):
                    start = i * line + U(4) * column * channels
                    _six(flat_inputs, U(6) * i * plane + tile, plane, half, start, channels, channels)
                tile += channels


@compiled
@no_type_check
def transform_outputs(products, scale, shift, pooled, out):
    """Transforms products (36, tiles, channels) back, max-pools them by 2 if `pooled`, scales and shifts each channel,
    and cuts off what is negative: into the inside of out (batch, height, width, channels), padded by one each side."""
    batch, height, width, channels = U(out.shape[0]), U(out.shape[1]), U(out.shape[2]), U(out.shape[3])
    line, plane = width * channels, U(products.shape[1]) * channels
    flat, flat_products = out.reshape(-1), products.reshape(-1)
    half, whole = np.empty(U(24) * channels, np.float32), np.empty(U(16) * channels, np.float32)
    side, step = (U(2), U(2)) if pooled else (U(4), U(1))
    tile = U(0)
    for picture in range(batch):
        for row in range(U(1), height - U(1), side):
            for column in range(U(1), width - U(1), side):
                for j in range(U(6)):
                    _four(half, j * channels, U(6) * channels, flat_products, j * plane + tile, U(6) * plane, channels)
                for i in range(U(4)):
                    _four(whole, U(4) * i * channels, channels, half, U(6) * i * channels, channels, channels)
                for i in range(side):
                    for j in range(side):
                        to = (picture * height + row + i) * line + (column + j) * channels
                        start = step * (U(4) * i + j) * channels
                        if pooled:
                            _pool(whole, start, channels)
                        _activate(flat, to, whole, start, scale, shift)
                tile += channels


@compiled
@no_type_check
def _six_places(first, step):
    return first, first + step, first + U(2) * step, first + U(3) * step, first + U(4) * step, first + U(5) * step


@compiled
@no_type_check
def _six(v, start, v_step, d, first, d_step, size):
    """Rows 0 to 5 of v, which lie v_step apart from `start` on, from rows 0 to 5 of d: the paper's B^T d."""
    d0, d1, d2, d3, d4, d5 = _six_places(first, d_step)
    for c in range(size):
        v[start + c] = FOUR * d[d0 + c] - FIVE * d[d2 + c] + d[d4 + c]
    start += v_step
    for c in range(size):
        v[start + c] = (d[d4 + c] - FOUR * d[d2 + c]) + (d[d3 + c] - FOUR * d[d1 + c])
    start += v_step
    for c in range(size):
        v[start + c] = (d[d4 + c] - FOUR * d[d2 + c]) - (d[d3 + c] - FOUR * d[d1 + c])
    start += v_step
    for c in range(size):
        v[start + c] = (d[d4 + c] - d[d2 + c]) + TWO * (d[d3 + c] - d[d1 + c])
    start += v_step
    for c in range(size):
        v[start + c] = (d[d4 + c] - d[d2 + c]) - TWO * (d[d3 + c] - d[d1 + c])
    start += v_step
    for c in range(size):
        v[start + c] = FOUR * d[d1 + c] - FIVE * d[d3 + c] + d[d5 + c]


@compiled
@no_type_check
def _four(y, start, y_step, m, first, m_step, size):
    """Rows 0 to 3 of y from rows 0 to 5 of m, as in `_six`: the paper's A^T m."""
    m0, m1, m2, m3, m4, m5 = _six_places(first, m_step)
    for c in range(size):
        y[start + c] = m[m0 + c] + (m[m1 + c] + m[m2 + c]) + (m[m3 + c] + m[m4 + c])
    start += y_step
    for c in range(size):
        y[start + c] = (m[m1 + c] - m[m2 + c]) + TWO * (m[m3 + c] - m[m4 + c])
    start += y_step
    for c in range(size):
        y[start + c] = (m[m1 + c] + m[m2 + c]) + FOUR * (m[m3 + c] + m[m4 + c])
    start += y_step
    for c in range(size):
        y[start + c] = (m[m1 + c] - m[m2 + c]) + EIGHT * (m[m3 + c] - m[m4 + c]) + m[m5 + c]


@compiled
@no_type_check
def _pool(y, start, channels):
    """The largest of 2x2 neighbours in a row of four, in place of the first of them."""
    right, below, across = start + channels, start + U(4) * channels, start + U(5) * channels
    for c in range(channels):
        y[start + c] = max(max(y[start + c], y[right + c]), max(y[below + c], y[across + c]))


@compiled
@no_type_check
def _activate(out, to, y, start, scale, shift):
    for c in range(U(len(scale))):
        out[to + c] = max(y[start + c] * scale[c] + shift[c], NOTHING)
