"""Keys of a document that nothing reads: misspelt, and then silently replaced by a default.

A message between processes may hold fields that are unknown to an older program; a file that a
person writes may not.
"""

from functools import cache
from typing import Any

from msgspec import inspect

from pushforward.spelling import ask_whether

__all__ = ["check_keys"]

_told = cache(inspect.type_info)  # of a recipe 1 ms, and dozens are read before the first paint


def check_keys(data: Any, kind: Any) -> None:
    """Make sure that plain data have no key that their struct does not know, at any depth.

    Raises:
        ValueError: the dotted path of the first such key, with the nearest one that is known.
    """
    _check(data, _told(kind), "")


def _check(data: Any, kind: inspect.Type, path: str) -> None:
    if isinstance(kind, inspect.UnionType):
        kind = _member(data, kind)
    if isinstance(kind, inspect.StructType) and isinstance(data, dict):
        _check_struct(data, kind, path)
    elif isinstance(kind, inspect.ListType) and isinstance(data, list):
        for place, item in enumerate(data):
            _check(item, kind.item_type, f"{path}.{place}" if path else str(place))


def _check_struct(data: dict[str, Any], kind: inspect.StructType, path: str) -> None:
    fields = {field.encode_name: field.type for field in kind.fields}
    known = [*fields, *([kind.tag_field] if kind.tag_field else [])]
    for key, value in data.items():
        dotted = f"{path}.{key}" if path else key
        if key not in known:
            raise ValueError(f"unknown key {dotted!r}; {_nearest(key, path, known)}")
        if key in fields:
            _check(value, fields[key], dotted)


def _member(data: Any, kind: inspect.UnionType) -> inspect.Type:
    """Return the member of a union type that data belong to; structs are distinguished by their
    tag.
    """
    structs = [member for member in kind.types if isinstance(member, inspect.StructType)]
    if isinstance(data, dict):
        for struct in structs:
            if len(structs) == 1 or data.get(struct.tag_field or "") == struct.tag:
                return struct
    return next((m for m in kind.types if isinstance(m, inspect.ListType)), kind.types[0])


def _nearest(key: str, path: str, known: list[str]) -> str:
    if meant := ask_whether(key, known, n=1):
        return meant
    if "config" in known:
        return f"its settings belong in [{path}.config]"
    return f"known are {', '.join(known)}"
