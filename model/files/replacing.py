"""A folder that is rewritten is replaced whole: killed at any moment, it is the old one or the new one."""

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# From Linux's <fcntl.h> and <linux/fs.h>.
AT_FDCWD, RENAME_EXCHANGE = -100, 2


@contextmanager
def replaced(folder: Path, *, copy: bool) -> Iterator[Path]:
    """An empty folder, or a `copy` of this one, to write into; it takes the folder's place at the end of the block.

    It lies beside the folder, as `<name>.partial`, and is removed if the block fails. What an earlier kill left there
    is removed first. Readers of the folder see the old one until the new one is complete.
    """
    folder = folder.resolve()
    partial, old = (folder.with_name(f"{folder.name}.{kind}") for kind in ("partial", "old"))
    if old.exists() and not folder.exists():  # killed between the two renames of `_take_place`
        old.rename(folder)
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        if copy:
            shutil.copytree(folder, partial)
        else:
            partial.mkdir(parents=True)
        yield partial
        _flush(partial)
        _take_place(partial, folder, old)
    finally:
        for leftover in (partial, old):
            shutil.rmtree(leftover, ignore_errors=True)


def _take_place(partial: Path, folder: Path, old: Path) -> None:
    """Linux exchanges two folders in one step. Elsewhere there is a moment between two renames: a kill in it leaves the
    folder under the name `<name>.old`, from where the next `replaced` brings it back."""
    if not folder.exists():
        partial.rename(folder)
    elif not _exchange(partial, folder):
        folder.rename(old)
        partial.rename(folder)


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two paths in one step, by renameat2(2); False where the system or the file system cannot."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):  # macOS, Windows, an old libc
        return False
    return renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0


def _flush(folder: Path) -> None:
    """Has everything on the disk, so that a power cut cannot leave a complete folder of incomplete files."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
