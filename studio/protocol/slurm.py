"""What a Slurm job asks for."""

from typing import Annotated

import msgspec

__all__ = ["Slurm"]


class Slurm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A job of one run: its partition ("" for the default one), GPUs, time limit in minutes, and
    the seconds before the limit at which it saves a checkpoint and is queued again.
    """

    partition: str = ""
    gpus: Annotated[int, msgspec.Meta(ge=0, le=64)] = 0
    minutes: Annotated[int, msgspec.Meta(ge=1)] = 24 * 60
    save: Annotated[int, msgspec.Meta(ge=1)] = 120
