"""TOML and JSON files as typed structs: written atomically, read with errors for people."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import tomli_w

from studio.store.atomic import write_text
from studio.store.errors import Damaged, explain
from studio.store.migrate import upgrade

__all__ = ["read_json", "read_toml", "write_json", "write_toml"]

T = TypeVar("T")


def write_toml(path: Path, value: msgspec.Struct) -> None:
    """Write a struct as TOML.

    TOML has no null, and leaving a null setting out would bring its default back: the dotted
    paths of nulls are listed under the key ``unset``.
    """
    unset: list[str] = []
    data = _without_null(msgspec.to_builtins(value), "", unset)
    if unset:
        data = {"unset": unset, **data}
    write_text(path, tomli_w.dumps(data))


def read_toml(path: Path, kind: type[T], document: str) -> T:
    """Read a struct that `write_toml` wrote, upgraded to the present format.

    ``document`` names its kind for `studio.store.migrate`.

    Raises:
        StoreError: the file is missing, damaged, or of a later version of the program.
    """
    try:
        data = tomllib.loads(_read(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _damaged(path, error) from error
    for dotted in data.pop("unset", []):
        _put_null(data, str(dotted).split("."))
    try:
        return msgspec.convert(upgrade(document, data, path), kind)
    except msgspec.ValidationError as error:
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
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _damaged(path, error) from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise explain(error, path, "read") from error


def _damaged(path: Path, error: Exception) -> Damaged:
    return Damaged(
        f"{path} cannot be read: {error}.", "Restore it from a backup, or move it to the trash."
    )


def _without_null(data: dict[str, Any], prefix: str, unset: list[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in data.items():
        if value is None:
            unset.append(f"{prefix}{key}")
        elif isinstance(value, dict):
            kept[key] = _without_null(value, f"{prefix}{key}.", unset)
        else:
            kept[key] = value
    return kept


def _put_null(data: dict[str, Any], keys: list[str]) -> None:
    for key in keys[:-1]:
        data = data.setdefault(key, {})
    data[keys[-1]] = None
