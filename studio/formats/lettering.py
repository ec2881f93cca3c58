"""Words in pictures that are written without a window: letters of 5 x 7 dots, as displays of old
have them.
"""

import unicodedata

import numpy as np
from numpy.typing import NDArray

__all__ = ["HIGH", "lettered"]

HIGH = 8
"""Dots from the top of a letter to what hangs below the line."""
_ACROSS = 5
_UNKNOWN = "?"
# A letter is five columns from the left, the lowest bit of each at the top; from space to tilde.
_DOTS = bytes.fromhex(
    "0000000000 00005f0000 0007000700 147f147f14 242a7f2a12 2313086462 3649562050 0008070300"
    "001c224100 0041221c00 2a1c7f1c2a 08083e0808 0080703000 0808080808 0000606000 2010080402"
    "3e5149453e 00427f4000 7249494946 2141494d33 1814127f10 2745454539 3c4a494931 4121110907"
    "3649494936 464949291e 0000140000 0040340000 0008142241 1414141414 0041221408 0201590906"
    "3e415d594e 7c1211127c 7f49494936 3e41414122 7f4141413e 7f49494941 7f09090901 3e41415173"
    "7f0808087f 00417f4100 2040413f01 7f08142241 7f40404040 7f021c027f 7f0408107f 3e4141413e"
    "7f09090906 3e4151215e 7f09192946 2649494932 03017f0103 3f4040403f 1f2040201f 3f4038403f"
    "6314081463 0304780403 6159494d43 007f414141 0204081020 004141417f 0402010204 4040404040"
    "0003070800 2054547840 7f28444438 3844444428 384444287f 3854545418 00087e0902 18a4a49c78"
    "7f08040478 00447d4000 2040403d00 7f10284400 00417f4000 7c04780478 7c08040478 3844444438"
    "fc18242418 18242418fc 7c08040408 4854545424 04043f4424 3c4040207c 1c2040201c 3c4030403c"
    "4428102844 4c9090907c 4464544c44 0008364100 0000770000 0041360800 0201020402"
)
_FIRST = 0x20
_GLYPHS = np.unpackbits(
    np.frombuffer(_DOTS, np.uint8).reshape(-1, _ACROSS, 1), axis=2, bitorder="little"
).transpose(0, 2, 1)


def lettered(text: str, dot: int = 1) -> NDArray[np.bool_]:
    """Return a bitmap of a line of text, (HIGH * dot, 6 * dot * letters). Accents are removed;
    other characters become question marks.
    """
    plain = unicodedata.normalize("NFKD", text)
    kept = [letter for letter in plain if not unicodedata.combining(letter)]
    codes = [ord(c if " " <= c <= "~" else _UNKNOWN) - _FIRST for c in kept]
    drawn = np.zeros((HIGH, (_ACROSS + 1) * len(codes)), np.uint8)
    for place, code in enumerate(codes):
        left = (_ACROSS + 1) * place
        drawn[:, left : left + _ACROSS] = _GLYPHS[code]
    return drawn.repeat(dot, axis=0).repeat(dot, axis=1).astype(bool)
