"""Files for visitors, in Gradio's own cache, which Gradio empties: each is there whole, whoever else asks for it.

Gradio names a picture's file after its content, and writes it again for everybody who is shown the same picture, while
others may be loading it.
"""

import io
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from gradio.processing_utils import hash_bytes
from gradio.utils import get_upload_folder
from jaxtyping import UInt8
from PIL import Image


def keep(name: str, content: bytes, folder: str | None = None) -> str:
    """The path of a file with this content, which replaces one of the same name as a whole.

    The folder in the cache is named after the content by default, as Gradio does it: nobody can guess it who only knows
    the content.
    """
    cache = Path(get_upload_folder())
    path = cache / (folder or hash_bytes(content)) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = cache / f".{uuid.uuid4()}"
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return str(path)


def png(pixels: UInt8[np.ndarray, "height width 3"]) -> bytes:
    """The pixels as a PNG file, without loss."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    """The array as a NumPy file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def in_files(answer: Any) -> Any:
    """A handler's answer with each picture in it (uint8, height width 3) as the path of a file that is kept."""
    match answer:
        case np.ndarray(ndim=3):
            return keep("image.png", png(answer))
        case tuple() | list():
            return type(answer)(in_files(each) for each in answer)
        case dict():
            return {key: in_files(value) for key, value in answer.items()}
    return answer
