"""Decode one image file with Pillow, with errors in words. Only the requested formats are tried,
the size is checked before decoding, and transparent images are put on white.
"""

import io
import struct
import warnings
import zlib

import numpy as np

from pushforward.studio.formats.images.resizing import Bytes
from pushforward.studio.formats.limits import MAX_PIXELS

__all__ = ["MOST_BYTES", "PICTURES", "TooLarge", "Undecodable", "decoded"]

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
"""Suffixes of pictures."""
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
MOST_BYTES = 2**26
"""Bytes of the file of one picture."""
_DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    KeyError,
    IndexError,
    TypeError,
    OverflowError,
    AttributeError,
    NotImplementedError,
    struct.error,
    zlib.error,
)


class Undecodable(ValueError):
    """A file that cannot be decoded; the message continues its name."""


class TooLarge(Undecodable):
    """One that has more pixels than are read."""


def decoded(data: bytes) -> Bytes:
    """Return the picture in a file, (h, w) where all of it is grey and (h, w, 3) otherwise.

    Of several frames the first is taken, and it is turned as its camera was held.

    Raises:
        Undecodable: it is damaged, too large, or none of the formats.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                width, height = image.size
                if not 0 < width * height <= MAX_PIXELS:
                    raise TooLarge(
                        f"has {width:,} x {height:,} pixels; at most {MAX_PIXELS:,} are taken"
                    )
                return _flat(ImageOps.exif_transpose(image))
    except Undecodable:
        raise
    except UnidentifiedImageError as error:
        raise Undecodable("is no PNG, JPEG, BMP, GIF or WebP picture") from error
    except Image.DecompressionBombError as error:
        raise TooLarge(f"has more than {MAX_PIXELS:,} pixels") from error
    except MemoryError as error:
        raise TooLarge("takes more memory than a picture may") from error
    except _DAMAGE as error:
        why = str(error).strip().rstrip(".") or type(error).__name__
        raise Undecodable(f"is damaged ({why})") from error


def _flat(image: object) -> Bytes:
    from PIL import Image

    assert isinstance(image, Image.Image)
    if image.mode.startswith(("I", "F")):
        deep = np.asarray(image, np.float64)
        # Two bytes a pixel.
        return np.asarray(np.rint(deep.clip(0, 65_535) / 257), np.uint8)
    if image.has_transparency_data:
        above = image.convert("RGBA")
        image = Image.new("RGB", above.size, (255, 255, 255))
        image.paste(above, mask=above.getchannel("A"))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"), np.uint8)
    colours = np.asarray(image.convert("RGB"), np.uint8)
    grey = (colours == colours[..., :1]).all()
    return np.ascontiguousarray(colours[..., 0]) if grey else colours
