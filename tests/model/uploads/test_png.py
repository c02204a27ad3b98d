import struct

import pytest

from model.uploads.png import MAX_PROFILE, read_chunks
from tests.model.uploads.table.png import P3_PROFILE
from tests.model.uploads.table.scenes import SCENE
from tests.model.uploads.table.writers import GREY, RGB, chunk, grey_scene, png


def test_chunks_that_do_not_make_the_picture_are_left_out_and_the_rest_stays_byte_for_byte():
    plain = png(SCENE, 8, RGB)
    text, physical = chunk(b"tEXt", b"Author\0nobody"), chunk(b"pHYs", b"short")
    assert read_chunks(png(SCENE, 8, RGB, text, physical))[0] == plain == read_chunks(plain)[0]


def test_a_broken_chunk_that_is_not_needed_tells_nothing():
    key = chunk(b"tRNS", struct.pack(">3H", 1, 2, 3))
    assert read_chunks(png(SCENE, 8, RGB, key))[0] == png(SCENE, 8, RGB, key)
    assert read_chunks(png(SCENE, 8, RGB, key[:-1] + b"?"))[0] == png(SCENE, 8, RGB)
    gamma = chunk(b"gAMA", struct.pack(">I", 100_000))
    assert read_chunks(png(SCENE, 8, RGB, gamma))[1].gamma == 1
    assert read_chunks(png(SCENE, 8, RGB, gamma[:-1] + b"?"))[1].gamma is None
    assert read_chunks(png(SCENE, 8, RGB, chunk(b"gAMA", b"\1" * 400)))[1].gamma is None


def test_a_file_that_is_cut_off_is_kept_up_to_there():
    whole = png(SCENE, 8, RGB)
    for end in (8, 20, 40, len(whole) - 30, len(whole) - 12):
        assert read_chunks(whole[:end])[0] == whole[:end]


@pytest.mark.parametrize(("depth", "told"), [(2, 2), (8, 8)])
def test_the_depth_of_grey_is_told(depth, told):
    assert read_chunks(png(grey_scene(1 << depth), depth, GREY))[1].grey_depth == told
    assert read_chunks(png(SCENE, 8, RGB))[1].grey_depth is None


def test_a_profile_is_unpacked_up_to_a_limit():
    import zlib

    def profile(content: bytes) -> bytes | None:
        return read_chunks(png(SCENE, 8, RGB, chunk(b"iCCP", b"named\0\0" + zlib.compress(content))))[1].profile

    assert profile(P3_PROFILE) == P3_PROFILE
    assert profile(b"") is None
    assert profile(bytes(2 * MAX_PROFILE)) == bytes(MAX_PROFILE)
