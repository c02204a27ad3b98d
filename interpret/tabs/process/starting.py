"""What the app needs of the machine: found out before it starts, and not by the first visitor."""

import tempfile
from pathlib import Path

from gradio.utils import get_upload_folder


class StartError(RuntimeError):
    """The app cannot start on this machine as it is. The message says why, and what would help."""


def check_folders() -> None:
    """Raises StartError unless files can be kept where Gradio keeps uploads and pictures."""
    try:
        folder = Path(get_upload_folder())
    except OSError as error:  # none of the usual places can be written
        raise StartError(f"{error.strerror}. Name a folder that can be written in TMPDIR.") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise StartError(
            f"Files cannot be kept in {folder}: {error.strerror}. Name another folder in GRADIO_TEMP_DIR."
        ) from error
