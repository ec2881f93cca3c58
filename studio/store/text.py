"""TOML and JSON files as typed structs: written atomically, read with errors for people."""

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import tomli_w

from pushforward.studio.store.atomic import write_text
from pushforward.studio.store.errors import Damaged, explain
from pushforward.studio.store.keys import check_keys
from pushforward.studio.store.migrate import upgrade
from pushforward.studio.store.regular_files import read_regular

__all__ = ["check_dots", "put_nulls", "read_json", "read_toml", "write_json", "write_toml"]

T = TypeVar("T")
MAX_PARTS = 64
"""Parts of a dotted key, as in "training.averaging.length"."""
_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
# No key begins behind a backslash or within a word: so each is looked at once.
_LONG_KEY = re.compile(rf"(?<![\w\\-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{MAX_PARTS}}}")


def write_toml(path: Path, value: msgspec.Struct) -> None:
    """Write a struct as TOML.

    TOML has no null, and leaving a null setting out would bring its default back: the dotted
    paths of nulls (with the places of those inside of lists, as in "edits.0.value") are listed
    under the key ``unset``.
    """
    unset: list[str] = []
    data: dict[str, Any] = _without_null(msgspec.to_builtins(value), "", unset)
    if unset:
        data = {"unset": unset, **data}
    write_text(path, tomli_w.dumps(data))


def check_dots(text: str) -> None:
    """Make sure that no key of a TOML text has more than `MAX_PARTS` parts.

    Python's parser takes memory and time with the square of the parts: 10 GB for 100 kB.

    Raises:
        ValueError: one has.
    """
    if found := _LONG_KEY.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ValueError(f"line {line} has a key of more than {MAX_PARTS} parts between dots")


def read_toml(path: Path, kind: type[T], document: str) -> T:
    """Read a struct that `write_toml` wrote, upgraded to the present format.

    ``document`` names its kind for `studio.store.migrate`.

    Raises:
        StoreError: the file is missing, damaged, or of a later version of the program.
    """
    try:
        # TOML that cannot be decoded is a ValueError as well.
        text = _read(path).decode()
        check_dots(text)
        data = tomllib.loads(text)
        put_nulls(data)
        data = upgrade(document, data, path)
        check_keys(data, kind)
        return msgspec.convert(data, kind)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, error) from error


def write_json(path: Path, value: Any, *, durable: bool = True) -> None:
    """Write a struct or plain data as one indented JSON file."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    write_text(path, text.decode() + "\n", durable=durable)


def read_json(path: Path, kind: type[T]) -> T:
    """Read what `write_json` wrote.

    Raises:
        StoreError: the file is missing or damaged.
    """
    try:
        return msgspec.json.decode(_read(path), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged(path, error) from error


def _read(path: Path) -> bytes:
    try:
        return read_regular(path)
    except OSError as error:
        raise explain(error, path, "read") from error


def _damaged(path: Path, error: Exception) -> Damaged:
    why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
    return Damaged(
        f"{path} cannot be read: {why.rstrip('.')}.",
        "Restore it from a backup, or move it to the trash.",
    )


def _without_null(value: Any, path: str, unset: list[str]) -> Any:
    """Return plain data without the nulls in its tables; their dotted paths join ``unset``."""
    prefix = f"{path}." if path else ""
    if isinstance(value, list | tuple):
        return [_without_null(item, f"{prefix}{i}", unset) for i, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    unset += [f"{prefix}{key}" for key, item in value.items() if item is None]
    kept = {key: item for key, item in value.items() if item is not None}
    return {key: _without_null(item, f"{prefix}{key}", unset) for key, item in kept.items()}


def put_nulls(data: dict[str, Any]) -> None:
    """Put the nulls back that ``unset`` lists, in place.

    Raises:
        ValueError: a path leads nowhere.
    """
    unset = data.pop("unset", [])
    if not isinstance(unset, list):
        raise ValueError(f"unset must be a list of paths, got {unset!r}")
    for dotted in unset:
        *keys, last = str(dotted).split(".")
        table: Any = data
        for key in keys:
            if isinstance(table, list):
                table = table[int(key)] if key.isdecimal() and int(key) < len(table) else None
            elif isinstance(table, dict):
                table = table.setdefault(key, {})
        if not isinstance(table, dict):
            raise ValueError(f"there is no place for the unset value {dotted!r}")
        table[last] = None
