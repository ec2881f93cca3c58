"""What a run of a sweep records: the sweep, its number there, and its values."""

import msgspec

__all__ = ["Trial"]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a sweep. ``values`` are the swept settings by their keys, as ``--set`` writes them;
    runs that differ only in ``seed`` have the same ``number``.
    """

    sweep: str
    number: int
    seed: int
    values: dict[str, str] = {}
