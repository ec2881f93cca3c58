"""What of a run is taken away as a file: rows that are there, or new ones. Pure."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.selection import Source
from pushforward.studio.protocol.messages import GENERATE, ExportRows, Operate

__all__ = ["Taken", "Taking", "free_name", "steps"]

Taken = Literal["chosen", "shown", "all", "new"]


@dataclass(frozen=True)
class Taking:
    """What is written.

    Attributes:
        run: the key of the run.
        taken: chosen rows, those that a filter shows, all that there are, or new ones.
        source: what the rows that are there are rows of.
        rows: the numbers of those that are chosen or shown; of those that are near to something
            their numbers among all that the run learns.
        total: how many rows of the source there are.
        count, seed: of new ones.
        step: of the weights of new ones, or of the moment of fixed particles; None for the newest.
    """

    run: str
    taken: Taken
    source: Source | None = None
    rows: tuple[int, ...] = ()
    total: int = 0
    count: int = 0
    seed: int = 0
    step: int | None = None

    @property
    def many(self) -> int:
        """How many rows there will be."""
        if self.taken == "new":
            return self.count
        return self.total if self.taken == "all" else len(self.rows)

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
            n=self.total if source.counted or (fixed and self.taken == "all") else 0,
            step=self.step if fixed else None,
            rows=[] if self.taken == "all" else list(self.rows),
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


def free_name(folder: Path, stem: str, suffix: str) -> Path:
    """Return a file of a folder that is not there yet."""
    file, number = folder / f"{stem}.{suffix}", 1
    while file.exists():
        number += 1
        file = folder / f"{stem}-{number}.{suffix}"
    return file
