"""Bytes and pictures as text within a page."""

import base64
import io
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["encode_bytes", "encode_webp", "pack_bytes"]

QUALITY = 72  # of WebP


def encode_bytes(data: bytes) -> str:
    """Return bytes as base64."""
    return base64.b64encode(data).decode("ascii")


def pack_bytes(data: bytes) -> str:
    """Return bytes compressed by zlib, as base64."""
    return encode_bytes(zlib.compress(data, 6))


def encode_webp(image: NDArray[np.uint8]) -> str:
    """Return a picture (h, w, 3) as the address of a WebP image."""
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(image).save(data, "WEBP", quality=QUALITY, method=4)
    return f"data:image/webp;base64,{encode_bytes(data.getvalue())}"
