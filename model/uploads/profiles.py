"""ICC profiles for colours that a file describes by numbers: primaries, and the curve from signal to light.

International Color Consortium, ICC.1:2001-04 (version 2); ITU-T H.273 for code points.
"""

import struct
from collections.abc import Callable

import numpy as np

D50 = np.array([0.9642, 1.0, 0.8249])
D65 = (0.3127, 0.3290)
# x and y of white, red, green and blue.
SRGB = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
PRIMARIES = {  # by H.273's number
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
ENTRIES = 4096
MOST = 32_767  # what a profile's numbers can hold
PAPER_WHITE = 203  # cd/m2: ITU-R BT.2408
PAPER_WHITE_HLG = 0.75  # the same, as a signal

ToLight = Callable[[np.ndarray], np.ndarray]


def light_of_srgb(signal: np.ndarray) -> np.ndarray:
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


def _light_of_pq(signal: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084, in paper whites; what is brighter is white on a screen that cannot show it."""
    root = signal ** (1 / 78.84375)
    light = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
    return np.minimum(10_000 * light ** (1 / 0.1593017578125) / PAPER_WHITE, 1)


def _light_of_hlg(signal: np.ndarray) -> np.ndarray:
    """ARIB STD-B67 with the system gamma of 1.2, in paper whites."""

    def scene(signal: np.ndarray) -> np.ndarray:
        return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - 0.55991073) / 0.17883277) + 0.28466892) / 12)

    return np.minimum((scene(signal) / scene(np.array(PAPER_WHITE_HLG))) ** 1.2, 1)


# By H.273's number. Those of television are written for what is meant as sRGB, and shown so.
CURVES: dict[int, ToLight] = {
    4: lambda signal: signal**2.2,
    5: lambda signal: signal**2.8,
    8: lambda signal: signal,
    16: _light_of_pq,
    18: _light_of_hlg,
}


def profile_of_code_points(primaries: int, transfer: int) -> bytes | None:
    """The profile of H.273's numbers; None where they are sRGB's, or as good as that."""
    if primaries not in PRIMARIES and transfer not in CURVES:
        return None
    return matrix_profile(PRIMARIES.get(primaries, SRGB), CURVES.get(transfer, light_of_srgb))


def matrix_profile(chromaticities: tuple[float, ...], to_light: ToLight = light_of_srgb) -> bytes | None:
    """A profile of three primaries and a curve; None if these primaries span no colours, or too many for one."""
    points = np.array(chromaticities).reshape(4, 2)
    if (points <= 0).any():
        return None
    xyz = np.stack([points[:, 0], points[:, 1], 1 - points.sum(axis=1)], axis=1) / points[:, 1:]
    white, primaries = xyz[0], xyz[1:].T
    if abs(np.linalg.det(primaries)) < 1e-6:
        return None
    cones = BRADFORD @ white
    adapted = np.linalg.inv(BRADFORD) @ np.diag(BRADFORD @ D50 / cones) @ BRADFORD
    columns = (adapted @ primaries * np.linalg.solve(primaries, white)).T
    if not (np.abs(columns) < MOST).all():
        return None
    light = np.rint(65535 * to_light(np.linspace(0, 1, ENTRIES))).astype(">u2")
    curve = b"curv" + struct.pack(">II", 0, ENTRIES) + light.tobytes()
    tags = {b"wtpt": _xyz(D50)} | {
        name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)
    }
    return _file(tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ " + struct.pack(">I3i", 0, *(round(65536 * float(each)) for each in values))


def _file(tags: dict[bytes, bytes]) -> bytes:
    start = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI4s4s4s12x4s28x", start + len(body), b"", 0x02100000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    head += struct.pack(">3i", *(round(65536 * float(each)) for each in D50))
    return head.ljust(128, b"\0") + table + body
