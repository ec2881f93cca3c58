"""The user's label of a run: name, note, tags."""

import msgspec

__all__ = ["Label"]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """``label.toml`` in the folder of a run; missing until set. ``name`` replaces the default name,
    "" for none; ``tags`` are short texts without duplicates; ``baseline`` marks the reference of
    other runs on the same data.
    """

    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    baseline: bool = False
    format: int = 1
