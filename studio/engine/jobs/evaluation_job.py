"""A job that measures a trained run with fresh samples."""

import math
import time
from collections.abc import Callable
from pathlib import Path

from pushforward.models.config import encode
from pushforward.models.entries import MetricEntry
from pushforward.models.metrics.base import Figure
from pushforward.studio.engine.data.datasets import edited
from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.jobs.run_job import RunJob
from pushforward.studio.engine.process.memory import process_memory
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.run.data_ahead import DataAhead
from pushforward.studio.engine.run.effective_settings import target_after
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.other_runs import Others, asking
from pushforward.studio.engine.run.resolve import pick_metrics, pick_sampler
from pushforward.studio.engine.watch.evaluation import Evaluator, Quality, unguided
from pushforward.studio.engine.watch.task_progress import TaskProgress
from pushforward.studio.figures import short
from pushforward.studio.protocol.events import SPREAD
from pushforward.studio.protocol.messages import Evaluate, Progress
from pushforward.studio.store.run import RunFolder

__all__ = ["EvaluationJob"]

TICK = 1.0  # seconds between two words on how far it is


class EvaluationJob(RunJob):
    """Job that evaluates a checkpoint. Metric values with floor, n and seed go to the log and the
    run's events, not to its curves, whose n and seed differ.

    Attributes:
        quality: the result, None before.
        at: step of the checkpoint.
        slugs: requested metrics.
    """

    kind = "evaluation"

    def __init__(
        self,
        job: str,
        command: Evaluate,
        sink: Sink,
        announce: Callable[[int, bool], None] | None = None,
    ) -> None:
        """``announce`` is that of an `Evaluator`."""
        run = RunFolder(Path(command.run))
        super().__init__(job, f"Evaluation of {run.name}", run, sink)
        self._command = command
        self._sampler = pick_sampler(run.record.spec, command.sampler)
        self._metrics = pick_metrics(run.record.spec, command.metrics)
        self.quality: Quality | None = None
        self.at = 0
        self.slugs: list[str] = []
        self._announce = announce
        self._ticked = 0.0

    def work(self) -> Work:
        """Draw, measure, write down."""
        n, seed = self._command.n, self._command.seed
        loaded = load(self.folder, self._command.step, self._command.length)
        self.at = loaded.step
        yield False
        ahead = DataAhead(loaded.resolved, self.folder.project)
        yield from ahead.wait()
        source = loaded.resolved.load_data(self.folder.project)
        data = edited(source, target_after(source, loaded.edits))
        yield False
        metrics = self._metrics or loaded.resolved.metrics
        self.slugs = [choice.entry.slug for choice in metrics]
        evaluator = Evaluator(metrics, data, n, seed, announce=self._announce)
        pick, sampler = loaded.sampled_by(self._sampler)
        # The run's own sampler measures its model; one that was asked for is measured as it is.
        if self._sampler is None:
            sampler = unguided(sampler)
        else:
            others = Others(self.folder, load)
            sampler, _ = asking(sampler, pick, loaded.family.spec, others)
        measuring = evaluator.evaluate(loaded.family, sampler)
        while True:
            try:
                next(measuring)
            except StopIteration as end:
                quality: Quality = end.value
                break
            self._tell(evaluator.ahead)
            yield False
        self._tell(evaluator.ahead)
        self.quality, self.step = quality, self.total
        for note in quality.notes:
            self.say(note, level="warning")
        for choice in metrics:
            figure = quality.figures.get(choice.entry.slug)
            if figure is not None and math.isfinite(figure.value):
                told = _format_metric(choice.entry, figure, quality)
                over = "" if loaded.length is None else f", averaged over {loaded.length:g}"
                of = f"step {loaded.step:,}{over}"
                self.say(f"{choice.entry.slug} of {of}: {told}, seed {seed}).")
        if loaded.length is not None:
            return  # the figures of a run are those of its own averages
        measured = {slug: f for slug, f in quality.figures.items() if slug not in quality.errors}
        self.folder.events.append(
            "evaluated",
            loaded.step,
            values={slug: f.value for slug, f in measured.items()},
            errors=quality.errors,
            floors=quality.floors,
            n=quality.n,
            counts={slug: figure.n or quality.n for slug, figure in measured.items()},
            seed=seed,
            intervals={
                slug: [figure.low, figure.high]
                for slug, figure in quality.figures.items()
                if figure.low is not None
            },
            parts={slug: dict(f.parts) for slug, f in quality.figures.items() if f.parts},
            part_floors={
                slug: {name: list(each) for name, each in parts.items()}
                for slug, parts in quality.part_floors.items()
                if slug in quality.figures
            },
            cells={slug: list(f.cells) for slug, f in quality.figures.items() if f.cells},
            settings={
                choice.entry.slug: encode(choice.config)
                for choice in metrics
                if choice.entry.slug in quality.figures
            },
            notes=list(quality.notes),
        )

    def _tell(self, ahead: TaskProgress) -> None:
        """Say how far it is, at once when another piece begins, and now and then."""
        now = time.monotonic()
        if not ahead.doing:
            return  # it has not begun yet
        if ahead.done == self.step and now - self._ticked < TICK:
            return
        self._ticked = now
        self.step, self.total = ahead.done, ahead.total
        self.sink.send(
            Progress(
                job=self.job,
                step=self.step,
                total=self.total,
                steps_per_second=0.0,
                seconds_left=ahead.seconds_left,
                memory=process_memory(),
                doing=ahead.doing,
            )
        )


def _format_metric(entry: MetricEntry, figure: Figure, quality: Quality) -> str:
    """Format a metric value with its interval, its reference and n."""
    ends = [short(end, 4) for end in (figure.low, figure.high) if end is not None]
    interval = f" [{', '.join(ends)}]" if ends else ""
    floor, spread = (quality.floors.get(key) for key in (entry.slug, SPREAD + entry.slug))
    around = f" ± {short(spread, 1)}" if spread else ""
    bar = "" if floor is None else f"{entry.bar_is} {short(floor, 4)}{around}; "
    return f"{short(figure.value, 4)}{interval} ({bar}n = {figure.n or quality.n:,}"
