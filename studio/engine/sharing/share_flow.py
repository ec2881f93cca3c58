"""Share what runs recorded: as a page with two clocks, or as a film over one of them."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pushforward.studio.counts import join_words
from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.engine.run.destination import check_destination
from pushforward.studio.engine.sharing.answer_panels import answer_panel, can_answer
from pushforward.studio.engine.sharing.flow_panels import flow_panel, read_recorded
from pushforward.studio.formats.animation import ANIMATION_SUFFIXES, write_animation
from pushforward.studio.formats.flow_movie import FRAMES_PER_SECOND, Clock, movie_frames
from pushforward.studio.formats.flow_page import Panel, Theme, write_flow_page
from pushforward.studio.formats.video import VIDEO_SUFFIXES, encoder, stream_video
from pushforward.studio.store.run import RunFolder

__all__ = [
    "SHARE_SUFFIXES",
    "SharePlan",
    "Shared",
    "read_panel",
    "run_title",
    "share_flow",
    "titles_of",
]

PAGE = ".html"
SHARE_SUFFIXES = (PAGE, *ANIMATION_SUFFIXES, *VIDEO_SUFFIXES)
HOLD = 1.0
"""Seconds for which a film shows its last frame."""
SIZES = (64, 2160)
SECONDS = (0.5, 120.0)
MOST_RUNS = 8


@dataclass(frozen=True)
class SharePlan:
    """What is shared, and how.

    Attributes:
        runs: shown side by side.
        file: its suffix, one of `SHARE_SUFFIXES`, chooses the format.
        particles: shown of each run at most.
        clock: that a film goes through: "flow" or "training". A page has both.
        theme: "dark", "light" or, of a page, "auto".
        size: pixels of a side of a film's panel.
        seconds: that one pass over a clock takes.
        step: the last training step that is shown; the newest if None.
        overwrite: whether a file that exists is replaced.
    """

    runs: Sequence[RunFolder]
    file: Path
    particles: int = 1000
    clock: Clock = "flow"
    theme: Theme = "auto"
    size: int = 480
    seconds: float = 6.0
    step: int | None = None
    overwrite: bool = False

    def check(self) -> None:
        """Check what can be known before anything is read.

        Raises:
            Refused: a value is not possible; the path names it.
        """
        suffix = self.file.suffix.lower()
        if suffix not in SHARE_SUFFIXES:
            raise Refused(
                f"A flow cannot be shared as {suffix or 'a file without a suffix'}.",
                f"Use one of {', '.join(SHARE_SUFFIXES)}.",
                path="file",
            )
        if suffix in VIDEO_SUFFIXES and not encoder():
            raise Refused(
                "MP4 and WebM are written by the program ffmpeg, which is not installed.",
                "Install ffmpeg, or choose .html, .gif or .webp.",
                path="file",
            )
        if not 1 <= len(self.runs) <= MOST_RUNS:
            raise Refused(f"Choose 1 to {MOST_RUNS} runs, not {len(self.runs)}.", path="runs")
        _check_range("particles", self.particles, 1, 20_000)
        _check_range("size", self.size, *SIZES)
        _check_range("seconds", self.seconds, *SECONDS)
        check_destination(self.file, self.overwrite)

    @property
    def title(self) -> str:
        """Names of the runs."""
        return titles_of(self.runs)


def run_title(run: RunFolder) -> str:
    """Return the name that the user gave a run, else that of its settings."""
    return run.label().name or run.record.spec.name


def titles_of(runs: Sequence[RunFolder]) -> str:
    """Return the names of runs as "one, two and three"."""
    return join_words([run_title(run) for run in runs])


@dataclass(frozen=True)
class Shared:
    """Progress and, at the end, the result.

    Attributes:
        done, total: parts of the work.
        doing: in a few words.
        size: bytes of the file, 0 before the end.
    """

    done: int
    total: int
    doing: str
    size: int = 0


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise Refused(f"{name} must be between {low:,} and {high:,}, got {value:,}.", path=name)


def share_flow(plan: SharePlan) -> Iterator[Shared]:
    """Write the file of a plan; yield the progress. Closing the iterator leaves no partial file.

    Raises:
        Refused: a run has nothing to show, or the plan is not possible.
        FormatError: a film cannot be written.
        StoreError: a run cannot be read, or the disk refused.
    """
    plan.check()
    dark, panels = plan.theme != "light", list[Panel]()
    for place, run in enumerate(plan.runs):
        parts = place, len(plan.runs) + 1
        panels.append((yield from read_panel(run, plan.particles, plan.step, parts, dark=dark)))
    if plan.file.suffix.lower() == PAGE:
        yield Shared(len(panels), len(panels) + 1, "Writing the page")
        _write_page(plan, panels)
    else:
        yield from _write_movie(plan, panels, dark=dark)
    yield Shared(1, 1, "", plan.file.stat().st_size)


def read_panel(
    run: RunFolder, particles: int, step: int | None, parts: tuple[int, int], *, dark: bool
) -> Generator[Shared, None, Panel]:
    """Return what a run recorded, or what its checkpoints answer; yield the progress.

    Args:
        run: the run.
        particles: shown at most.
        step: the last training step that is shown; the newest if None.
        parts: how many parts of the whole work are done, and how many there are.
        dark: the theme of drawings.

    Raises:
        Refused: it has nothing to show.
        StoreError: it cannot be read.
    """
    yield Shared(*parts, f"Reading {run.name}")
    if run.flow.steps() or not can_answer(run):
        return flow_panel(read_recorded(run, particles, step), dark=dark)
    answering = answer_panel(run, step)
    while True:
        try:
            done, total = next(answering)
        except StopIteration as end:
            panel: Panel = end.value
            return panel
        except ValueError as error:
            raise Refused(f"{run.name}: {error}", path="runs") from error
        yield Shared(*parts, f"Asking {run.name}: {done} of {total} checkpoints")


def _write_page(plan: SharePlan, panels: Sequence[Panel]) -> None:
    note = panels[0].note if len(panels) == 1 else f"{len(panels)} runs side by side"
    check_destination(plan.file, plan.overwrite)
    write_flow_page(plan.file, plan.title, note, panels, theme=plan.theme, seconds=plan.seconds)


def _write_movie(plan: SharePlan, panels: Sequence[Panel], *, dark: bool) -> Iterator[Shared]:
    clock = plan.clock
    if all(len(panel.times) < 2 for panel in panels):
        clock = "training"
    if clock == "training" and all(len(panel.steps) < 2 for panel in panels):
        raise Refused(
            "There is nothing that moves: each run has one snapshot with one flow time.",
            "Train longer, or share it as .html.",
            path="clock",
        )
    total = max(2, round(plan.seconds * FRAMES_PER_SECOND))
    frames = movie_frames(panels, clock, size=plan.size, dark=dark, seconds=plan.seconds)
    check_destination(plan.file, plan.overwrite)
    if plan.file.suffix.lower() in VIDEO_SUFFIXES:
        rate, hold = str(FRAMES_PER_SECOND), HOLD * FRAMES_PER_SECOND
        for count in stream_video(plan.file, frames, rate, hold):
            yield Shared(count, total, "Drawing frames")
        return
    drawn = []
    for frame in frames:
        drawn.append(frame)
        yield Shared(len(drawn), total + 1, "Drawing frames")
    write_animation(plan.file, np.stack(drawn), plan.seconds, HOLD)
