"""Plain text files: cut into pieces of equal length, in the characters of one alphabet."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pushforward.studio.formats.importer import Importer, Rows
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import FormatError, check_points
from pushforward.studio.formats.registry import importer
from pushforward.studio.formats.texts.alphabets import (
    LETTERS,
    AlphabetName,
    changed,
    cut,
    folded,
    tidy,
)
from pushforward.studio.protocol.catalog import Choice, FieldSpec
from pushforward.studio.store.parts import Block, Part
from pushforward.studio.store.schema import Schema

__all__ = ["MOST_CHARACTERS", "PlainText"]

MOST_CHARACTERS = 200
"""Different characters that a text may have: a model says of each place how likely each is."""
_SHOWN = 6
_CHUNK = 2**16  # characters that are read at once
_HEAD = 4096  # bytes that a file is known by
FITTING = "fitting"
"""The default alphabet of `PlainText`."""
_NUMBER = 32  # characters that no number of a table is as long as
_APART = re.compile(r"[\s,;|]+")  # between numbers of a table
_HINT = "Save it as UTF-8."


@dataclass(frozen=True)
class _Seen:
    """What files hold: how many characters each has, and which; ``written`` are those of the files
    themselves, before they are folded.
    """

    lengths: list[int]
    found: Counter[str]
    written: Counter[str]


@importer
class PlainText(Importer):
    """Text in UTF-8."""

    slug = "plain-text"
    kind = "texts"
    title = "Text: pieces of plain text"
    suffixes = (".txt",)
    options = (
        FieldSpec(
            path="alphabet",
            kind="choice",
            title="Alphabet",
            help=(
                "Letters a to z and the space, or all characters. Automatic: letters if most "
                "characters are letters."
            ),
            default=FITTING,
            choices=[
                Choice(value=FITTING, title="What fits"),
                Choice(value="letters", title="a to z and blank"),
                Choice(value="written", title="All characters"),
            ],
        ),
        FieldSpec(
            path="length",
            kind="int",
            title="Length",
            help="Characters of a piece.",
            default=64,
            low=4,
            high=512,
        ),
        FieldSpec(
            path="step",
            kind="int",
            title="Step",
            help="Characters between the starts of consecutive pieces.",
            default=16,
            low=1,
            high=512,
        ),
    )

    def claims(self, path: Path) -> bool:
        """Return whether a file begins with words: mostly letters, or tokens too long for
        numbers.
        """
        head = _head(path)
        shown = [c for c in head if not c.isspace()]
        words = 2 * sum(map(str.isalpha, shown)) > len(shown) > 0
        return words or max(map(len, _APART.split(head))) > _NUMBER

    def also(self, path: Path) -> bool:
        """Say whether a file begins with text of any characters: numbers are written in some."""
        return bool(_head(path).strip())

    def inspect(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Inspection:
        """Read all files, and say how many pieces there are in which characters."""
        length, step = int(options["length"]), int(options["step"])
        alphabet = _alphabet(paths, options)
        rows, preview, problems, notes = 0, {}, [], []
        try:
            seen = _scan(paths, alphabet)
            rows = _pieces(paths, seen, length, step)
            some = next(_blocks(paths, alphabet, length, step))["x"][:_SHOWN]
            preview = {"x": ["".join(map(chr, row)) for row in some.tolist()]}
            notes = [
                f"{sum(seen.lengths):,} characters, {len(seen.found)} different ones.",
                *changed(seen.written, alphabet),
            ]
            if alphabet == "written" and options["alphabet"] == FITTING:
                notes.append("All characters are kept: few are letters a to z.")
        except FormatError as error:
            # Other settings may do: the dialog says what is wrong and lets choose.
            problems = [f"{error.message} {error.hint}".strip()]
        return Inspection(
            files=[str(path) for path in paths],
            importer=self.slug,
            kind=self.kind,
            format="plain text",
            bytes=0,
            rows=rows,
            parts=_parts(length),
            preview=preview,
            problems=problems,
            notes=notes,
        )

    def rows(self, paths: Sequence[Path], options: Mapping[str, Any]) -> Rows:
        """Stream the pieces of all files."""
        length, step = int(options["length"]), int(options["step"])
        alphabet = _alphabet(paths, options)
        seen = _scan(paths, alphabet)
        rows = _pieces(paths, seen, length, step)
        known = LETTERS if alphabet == "letters" else "".join(sorted(seen.found))
        schema = Schema(kind=self.kind, parts=_parts(length), facts={"alphabet": known})
        return Rows(schema, _blocks(paths, alphabet, length, step), rows)


def _alphabet(paths: Sequence[Path], options: Mapping[str, Any]) -> AlphabetName:
    """Return the alphabet that was chosen, or the one that fits how the files begin."""
    if (chosen := options["alphabet"]) != FITTING:
        found: AlphabetName = chosen
        return found
    heads = [_head(path) for path in paths]
    shown = sum(not c.isspace() for head in heads for c in head)
    letters = sum(c != " " for head in heads for c in tidy(head, "letters"))
    return "letters" if 2 * letters >= shown else "written"


def _head(path: Path) -> str:
    """Return how a file begins, "" of one that is no text or cannot be read."""
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD).decode("utf-8-sig", "ignore")
    except OSError:
        return ""
    return "" if "\0" in head else head


def _parts(length: int) -> list[Part]:
    return [Part(name="x", dtype="int32", shape=[length])]


def _scan(paths: Sequence[Path], alphabet: AlphabetName) -> _Seen:
    """Return what files hold.

    Raises:
        FormatError: one is no text, or nothing is left of all in the alphabet, or too much.
    """
    lengths, found, written = [], Counter[str](), Counter[str]()

    def counted(pieces: Iterator[str]) -> Iterator[str]:
        for piece in pieces:
            written.update(piece)
            yield piece

    for path in paths:
        total = 0
        for text in folded(counted(_read(path)), alphabet):
            total += len(text)
            found.update(text)
        lengths.append(total)
    if not found:
        what = "no letter from a to z" if alphabet == "letters" else "nothing but white space"
        other = "Choose All characters." if alphabet == "letters" else ""
        raise FormatError(f"{paths[0].name} has {what}.", other)
    if len(found) > MOST_CHARACTERS:
        raise FormatError(
            f"{paths[0].name} has {len(found):,} different characters; the limit is "
            f"{MOST_CHARACTERS}.",
            "Choose the letters a to z.",
        )
    return _Seen(lengths, found, written)


def _pieces(paths: Sequence[Path], seen: _Seen, length: int, step: int) -> int:
    """Return how many pieces there are.

    Raises:
        FormatError: none, or more than fit.
    """
    rows = sum(max(0, (total - length) // step + 1) for total in seen.lengths)
    if not rows:
        raise FormatError(
            f"{paths[0].name} has {max(seen.lengths):,} characters of the alphabet, and a piece "
            f"has {length:,}.",
            "Choose shorter pieces, or a longer text.",
        )
    check_points(paths[0], "", rows, length)
    return rows


def _blocks(
    paths: Sequence[Path], alphabet: AlphabetName, length: int, step: int
) -> Iterator[Block]:
    for path in paths:
        for x in cut(folded(_read(path), alphabet), length, step):
            yield {"x": np.ascontiguousarray(x)}


def _read(path: Path) -> Iterator[str]:
    """Yield the text of a file in pieces.

    Raises:
        FormatError: it is not text.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            while text := file.read(_CHUNK):
                if "\0" in text:
                    raise FormatError(f"{path.name} is not text: it has zero bytes.", _HINT)
                yield text
    except UnicodeDecodeError as error:
        raise FormatError(f"{path.name} is not UTF-8 text.", _HINT) from error
