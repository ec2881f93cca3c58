"""Display of external text: nothing acts, nothing hides.

Names of projects, runs, recipes, data sets or columns may contain control characters, line feeds,
direction overrides or zero-width characters. Everything shown or logged goes through here; files
keep the names unchanged. Needs neither Qt nor torch.
"""

import re
from itertools import accumulate

__all__ = ["NAME_LIMIT", "lines", "one_line"]

NAME_LIMIT = 200  # characters of a name that are shown; a longer one ends in an ellipsis

# Controls (C0, DEL, C1), marks and overrides of direction, separators of lines and paragraphs,
# characters without width, tags, and halves of surrogate pairs (of file names that are not UTF-8).
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def one_line(text: str, limit: int | None = NAME_LIMIT) -> str:
    r"""Return a text as one line in which every character is seen: ESC becomes ``\x1b``.

    A text longer than ``limit`` characters is cut and ends in an ellipsis; None keeps all of it.
    """
    if limit is None:
        return _HIDDEN.sub(_escape, text)
    some = text[: limit + 1]
    shown = _HIDDEN.sub(_escape, some)
    if len(shown) <= limit:
        return shown
    # Character by character: what is written out is kept whole or not at all.
    pieces = [_HIDDEN.sub(_escape, character) for character in some]
    ends = accumulate(map(len, pieces))
    return "".join(piece for piece, end in zip(pieces, ends, strict=True) if end < limit) + "…"


def lines(text: str) -> str:
    """Return a text of several lines, such as a traceback, with each of its lines shown so."""
    whole = text.replace("\r\n", "\n").expandtabs(4)
    return "\n".join(one_line(line, None) for line in whole.split("\n"))


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
