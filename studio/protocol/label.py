"""What a person says of a run, beside what the run is: its name, a note, tags."""

import msgspec

__all__ = ["Label"]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """``label.toml`` in the folder of a run; there is none until somebody says something.

    ``name`` is what the run is called instead of after its model and data, "" for that; ``tags``
    are single words or a few, each once; ``baseline`` says that other runs on the same data are
    held against this one.
    """

    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    baseline: bool = False
    format: int = 1
