"""What of a run is taken away as a file: rows that are shown, or new ones. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from numpy.typing import NDArray

from studio.app.state.runs import RunState
from studio.app.state.selection import Source
from studio.protocol.messages import GENERATE, ExportRows, Operate

__all__ = ["Taken", "Taking", "free_name", "megabytes", "steps"]

Taken = Literal["chosen", "all", "new"]
# Bytes of a number in a file; of others nobody knows it before it is written.
BYTES = {"npz": 4.0, "h5": 4.0, "hdf5": 4.0, "csv": 11.0, "png": 1.0}


@dataclass(frozen=True)
class Taking:
    """What is written.

    Attributes:
        run: the key of the run.
        taken: chosen rows, all that are shown, or new ones.
        source: what the rows that are shown are rows of.
        rows: their numbers, () for all.
        shown: how many rows of the source are shown.
        count, seed: of new ones.
        step: of the weights of new ones, or of the moment of fixed particles; None for the newest.
    """

    run: str
    taken: Taken
    source: Source | None = None
    rows: tuple[int, ...] = ()
    shown: int = 0
    count: int = 0
    seed: int = 0
    step: int | None = None

    @property
    def many(self) -> int:
        """How many rows there will be."""
        if self.taken == "new":
            return self.count
        return len(self.rows) if self.taken == "chosen" else self.shown

    def command(self, file: str, *, overwrite: bool) -> ExportRows | Operate:
        """Return what is asked of the engine."""
        if self.taken == "new" or self.source is None:
            config = {"n": self.count, "seed": self.seed}
            return Operate(
                run=self.run, operator=GENERATE, config=config, step=self.step,
                file=file, overwrite=overwrite,
            )  # fmt: skip
        source, fixed = self.source, self.source.what == "particles"
        return ExportRows(
            run=source.run,
            what=source.what,
            of=source.of if source.what == "samples" else "",
            n=self.shown if source.what == "data" or (fixed and self.taken == "all") else 0,
            step=self.step if fixed else None,
            rows=list(self.rows) if self.taken == "chosen" else [],
            file=file,
            overwrite=overwrite,
        )


def steps(run: RunState, taken: Taken, source: Source | None) -> list[int]:
    """Return the steps that rows can be of, the newest first; none where they are of one alone."""
    if taken == "new":
        return sorted(run.checkpoints, reverse=True)
    if source is not None and source.what == "particles":
        return sorted(run.kept, reverse=True)
    return []


def megabytes(many: int, like: Mapping[str, NDArray[Any]] | None, suffix: str) -> str:
    """Say about how large a file of so many rows will be, "" where nobody knows: ``like`` are some
    such rows by name.
    """
    each = BYTES.get(suffix.removeprefix("."))
    if each is None or not like or not len(like["x"]):
        return ""
    numbers = sum(values.size / len(values) for values in like.values() if len(values))
    size = many * numbers * each / 1e6
    if size < 0.1:
        return f"{max(1.0, 1e3 * size):,.0f} kB"
    return f"{size:,.1f} MB" if size < 100 else f"{size:,.0f} MB"


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """Return a file of a folder that is not there yet."""
    file, number = folder / f"{stem}.{suffix}", 1
    while file.exists():
        number += 1
        file = folder / f"{stem}-{number}.{suffix}"
    return file
