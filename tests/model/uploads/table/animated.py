"""Animations, whose first frames may show nothing."""

import numpy as np
from PIL import Image

from tests.model.uploads.table import Upload, saved
from tests.model.uploads.table.scenes import (
    SCENE,
)


def animated_rows() -> list[Upload]:
    clear, white = Image.new("RGBA", (32, 32)), Image.new("RGBA", (32, 32), "white")
    shown, other = Image.fromarray(SCENE).convert("RGBA"), Image.new("RGBA", (32, 32), "blue")
    red = np.full((32, 32, 3), (255, 0, 0))
    rows = []
    for kind, named, options, off in (
        ("WEBP", "WebP", {"lossless": True, "minimize_size": False}, 0),
        ("PNG", "APNG", {}, 0),
        ("GIF", "GIF", {"disposal": 1}, 12),
    ):

        def made(*frames: Image.Image, kind: str = kind, options: dict = options):
            return saved(frames[0], kind, save_all=True, append_images=list(frames[1:]), duration=100, **options)

        rows += [
            Upload(named, "animated", made(shown, other), SCENE, off),
            Upload(named, "animated, first frame clear", made(clear, shown, other), SCENE, off),
            Upload(named, "animated, first frame white", made(white, shown), SCENE, off),
            Upload(named, "animated, first two frames empty", made(clear, white, shown), SCENE, off),
            Upload(named, "animated, all of one colour", made(Image.new("RGBA", (32, 32), "red"), other), red),
        ]
    still = saved(other, "PNG", save_all=True, append_images=[shown, other], default_image=True, duration=100)
    return [*rows, Upload("APNG", "animated, with another still picture", still, SCENE)]
