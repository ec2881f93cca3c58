"""The progress of a training, heard from its events."""

import math
import time
from collections.abc import Callable
from typing import TextIO

from pushforward.studio.cli.status_line import RewrittenLine, StatusLine, bar
from pushforward.studio.figures import short
from pushforward.studio.protocol.curve_names import QUALITY
from pushforward.studio.protocol.messages import CheckpointWritten, Event, Log, Metrics, Progress

__all__ = ["ProgressBar", "duration"]

SMOOTHING = 0.9


class ProgressBar:
    """Draws the events of a training. ``total`` comes with the first `Progress`.

    Args:
        stream: the output stream; standard output if None.
        clock: seconds.
        replay: steps (after, up to) that a branch repeats: the bar first shows the replay.
        line: where the text is shown, instead of the stream.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
        replay: tuple[int, int] | None = None,
        line: StatusLine | None = None,
    ) -> None:
        self._replay, self._replays = replay, False
        self._line = line or RewrittenLine(stream, clock)
        self._loss = math.nan
        self._quality: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        """Take an event."""
        match event:
            case Metrics(columns=columns):
                self._curves(columns)
            case Progress():
                self._draw(event)
            case Log(level="warning" | "error", text=text):
                self.line(text)
            case CheckpointWritten():
                pass  # too many to tell; the run's log has them

    def line(self, text: str) -> None:
        """Write a line above the bar."""
        self._line.line(text)

    def close(self) -> None:
        """End the line that is being rewritten."""
        self._line.close()

    def _curves(self, columns: dict[str, tuple[list[int], list[float]]]) -> None:
        for name, (_, values) in columns.items():
            if name == "loss":
                for value in values:
                    old = value if math.isnan(self._loss) else self._loss
                    self._loss = SMOOTHING * old + (1 - SMOOTHING) * value
            elif name.startswith(QUALITY) and values:
                self._quality[name.removeprefix(QUALITY)] = values[-1]

    def _draw(self, progress: Progress) -> None:
        if self._replay is not None and progress.step >= self._replay[1]:
            if self._replays:
                self.line(f"Replayed to step {self._replay[1]:,}.")
            self._replay = None
        self._replays = self._replay is not None
        self._line.show(lambda: self._text(progress), last=progress.step >= progress.total)

    def _text(self, progress: Progress) -> str:
        start, end = self._replay or (0, progress.total)
        share = max(0, progress.step - start) / max(end - start, 1)
        speed, left = progress.steps_per_second, progress.seconds_left
        if self._replay is not None:
            left = (end - progress.step) / speed if speed > 0 else None
        parts = [
            bar(share),
            f"{progress.step:,}/{end:,}",
        ]
        if self._replay is not None:  # said first, so that it fits; its speed matters less
            parts.insert(0, f"replaying to step {end:,}")
        else:
            parts.append(f"{speed:,.0f} steps/s" if speed >= 10 else f"{speed:.2g} steps/s")
        if left is not None:
            parts.append(f"{duration(left)} left")
        if not math.isnan(self._loss):
            parts.append(f"loss {short(self._loss, 4)}")
        parts += [f"{name} {short(value, 3)}" for name, value in self._quality.items()]
        return "  ".join(parts)


def duration(seconds: float) -> str:
    """Seconds as "0:07", "12:30" or "3:05:00"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
