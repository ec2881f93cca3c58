"""The progress of a race on a terminal: how far it is, and how good each one is."""

from collections.abc import Mapping

from pushforward.studio.cli.progress import ProgressBar, duration
from pushforward.studio.cli.status_line import bar
from pushforward.studio.figures import short
from pushforward.studio.protocol.curve_names import QUALITY
from pushforward.studio.protocol.messages import Event, Log, Metrics, Progress

__all__ = ["RaceBar"]


class RaceBar(ProgressBar):
    """Draws the events of a race and its participants in one line."""

    def __init__(self, race: str, names: Mapping[str, str]) -> None:
        """``names`` are those of the entrants by job."""
        super().__init__()
        self._race = race
        self._names = names
        self._reached: dict[str, str] = dict.fromkeys(names, "")

    def __call__(self, event: Event) -> None:
        """Take an event."""
        match event:
            case Metrics(job=job, columns=columns):
                for name, (_, values) in columns.items():
                    if name.startswith(QUALITY) and values:
                        self._reached[job] = short(values[-1], 3)
                        break
            case Progress(job=job) if job == self._race:
                self._draw(event)
            case Log(level="warning" | "error", text=text, job=job):
                self.line(f"{self._names.get(job, job)}: {text}")

    def _text(self, progress: Progress) -> str:
        parts = [bar(progress.step / max(progress.total, 1))]
        if progress.seconds_left is not None:
            parts.append(f"{duration(progress.seconds_left)} left")
        parts += [f"{self._names[job]} {value}" for job, value in self._reached.items() if value]
        return "  ".join(parts)
