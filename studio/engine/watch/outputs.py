"""What a training makes besides a model: curves, records, evaluations, samples, checkpoints.

Each is planned by a schedule of its own, so that together they cost the training a bounded share.
Nothing here touches the random numbers of the training.
"""

import math
from collections.abc import Callable, Generator

from pushforward.models.contracts.family import Family
from pushforward.studio.engine.jobs.job import Work
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.pieces import in_pieces
from pushforward.studio.engine.process.sink import Sink
from pushforward.studio.engine.run.checkpoint_state import pack
from pushforward.studio.engine.run.model_loading import Loaded
from pushforward.studio.engine.run.operator_requests import ask
from pushforward.studio.engine.run.runlog import RunLog
from pushforward.studio.engine.run.session import Session
from pushforward.studio.engine.tracking.tracking import Tracking
from pushforward.studio.engine.watch.curves import Columns, Curves
from pushforward.studio.engine.watch.evaluation import Quality, unguided
from pushforward.studio.engine.watch.live_picture import LivePicture
from pushforward.studio.engine.watch.live_view import LiveView
from pushforward.studio.engine.watch.recorder import RecordProgress, kept_layers
from pushforward.studio.engine.watch.schedules import (
    CheckpointSchedule,
    EvaluationPlan,
    EvaluationSchedule,
    KeptPlan,
    KeptSchedule,
    Pace,
)
from pushforward.studio.protocol.curve_names import FLOOR, HIGH, LOW, NFE, QUALITY, SAMPLES
from pushforward.studio.protocol.events import SPREAD
from pushforward.studio.protocol.messages import (
    GENERATE,
    CheckpointWritten,
    Kept,
    Metrics,
    Operate,
    ResultWritten,
)
from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.protocol.spec import ChangeSetting, Edit
from pushforward.studio.store.run import RunFolder

__all__ = ["Outputs"]

KEPT_RESOLUTION = 20
DEAR, CHEAP = 500, 512
LAST = 2.0  # seconds that a stop may be delayed by its last record


class Outputs:
    """Makes, writes and tells the products of one session.

    Attributes:
        curves: the losses.
        live: what the screen sees.
        keeping: progress of the record that is being kept, None for none.
    """

    def __init__(
        self,
        job: str,
        folder: RunFolder,
        session: Session,
        sink: Sink,
        *,
        total: int,
        view: LiveView,
        pace: Pace,
        clock: Callable[[], float],
        measuring: Callable[[bool], None],
        tracking: Tracking | None = None,
    ) -> None:
        """Create the outputs; ``measuring`` is called at the start and the end of an evaluation."""
        self._tracking = tracking
        self._job = job
        self._folder = folder
        self._session = session
        self._sink = sink
        self._log = RunLog(folder.log_path, sink, job)
        self._view = view
        self._pace = pace
        self._total = total
        self._clock = clock
        self._measuring = measuring
        training, step = session.resolved.training, session.step
        dear = _dear(session)
        self._kept: KeptPlan = KeptSchedule(total, step, dear=dear)
        part = session.evaluator.light().n / session.evaluator.n
        self._evaluations: EvaluationPlan = EvaluationSchedule(
            training.evaluate_every, total, step, part=part
        )
        self._checkpoints = CheckpointSchedule(
            training.checkpoint_seconds, training.checkpoint_steps, step, clock()
        )
        self.curves = Curves(folder.metrics, self._tell, step)
        self.live = LivePicture(job, session, sink, view, clock)
        self.keeping: RecordProgress | None = None
        self._saved = step
        self._has_history = True  # of a model without particles, unless its checkpoints are large
        self._lightly = False  # whether some evaluations had few samples
        self._best = self._best_so_far()

    def plan(self, kept: KeptPlan, evaluations: EvaluationPlan) -> None:
        """Keep records and evaluate at other moments than a training by itself would."""
        self._kept, self._evaluations = kept, evaluations

    @property
    def next(self) -> float:
        """The next step at which something is due for its number alone."""
        kept = self._kept.next if self._has_history else math.inf
        return min(kept, self._evaluations.next, self._checkpoints.next)

    def left(self, step: int) -> float:
        """Return the seconds that evaluations after a step take, as far as that is known."""
        return self._evaluations.left(step, self._pace)

    def make_due(self, step: int) -> Work:
        """Produce what is due after a step, except for live records."""
        yield from self.keep_due(step)
        if self._evaluations.due(step, self._pace):
            yield from self.evaluate(step, full=self._evaluations.full(self._pace))
        if self._checkpoints.due(step, self._clock()):
            self.save(step)

    def keep_due(self, step: int) -> Work:
        """Record particles on disk, for scrubbing, if that is due after a step; of a model without
        particles, a checkpoint of its history.
        """
        recorder = self._session.recorder
        if step < self._kept.next:
            return
        if recorder is None:
            if self._has_history:
                self._keep_history(step)
            return
        whole = self._kept.is_full(self._pace)
        shown = self._view.kept_particles(recorder.particles, self._total * self._pace.step_seconds)
        few = recorder.few
        many = recorder.particles if whole else max(few, shown)
        record = yield from self._keep(step, many, layered=whole)
        # What is kept does not depend on who looks: more particles are a cost of looking.
        own = record.seconds if whole else record.seconds * few / many
        self._kept.add_record(step, own, self._pace, whole=whole)
        self._view.estimate_seconds(record.seconds * recorder.particles / many, recorder.particles)
        yield from self.live.show_kept(record, record.seconds - own)

    def _keep_history(self, step: int) -> None:
        """Save a checkpoint that stays: what the model answered at this step can be asked later."""
        whole, start = self._kept.is_full(self._pace), self._clock()
        checkpoints = self._folder.checkpoints
        if not checkpoints.path(step).exists():
            self._saved = -1  # before the first step there is none
        self.save(step)
        self._has_history = checkpoints.extend_history(step)
        self._kept.add_record(step, self._clock() - start, self._pace, whole=whole)

    def _keep(
        self, step: int, particles: int, *, layered: bool
    ) -> Generator[bool, None, FlowRecord]:
        """Write a record of the first particles and say so; its seconds include the writing."""
        recorder, bounds = self._session.recorder, self._session.bounds
        assert recorder is not None
        self.keeping = RecordProgress()
        record = yield from recorder.record(
            step,
            particles=particles,
            layers=kept_layers(recorder.family) if layered else (),
            resolution=KEPT_RESOLUTION,
            bounds=bounds,
            extras=recorder.extras,
            progress=self.keeping,
        )
        self.keeping = None
        start = self._clock()
        kind = kind_of(self._session.family.spec.kind)
        steps = self._folder.flow.keep(record, kind.record_types, listed=False)
        self._sink.send(Kept(job=self._job, step=step, steps=steps))
        seconds = record.seconds + self._clock() - start
        return FlowRecord(record.step, record.arrays, record.bounds, seconds)

    def keep_last(self, step: int) -> None:
        """Keep a full record of the step at which the training is stopped, without yielding.
        Skipped if records take longer than ``LAST`` seconds or an unknown time.
        """
        recorder = self._session.recorder
        if recorder is None or step in self._folder.flow.steps():
            return
        if not 0.0 < self._view.estimated_seconds(recorder.particles) <= LAST:
            return
        for _ in self._keep(step, recorder.particles, layered=True):
            pass

    def changed(self, edit: Edit) -> None:
        """Handle an edit: the best checkpoint starts anew, and files of this step are of other
        settings.
        """
        self._saved = -1
        if not isinstance(edit, ChangeSetting):
            self._best.clear()

    def evaluate(self, step: int, *, full: bool = True) -> Work:
        """Measure quality, write and tell it; the best model so far is saved. With ``full`` off it
        is measured with few samples.
        """
        self.curves.drain()
        self._measuring(True)
        yield from self._evaluate(step, full)
        self._measuring(False)

    def evaluate_last(self, step: int) -> Work:
        """Evaluate the finished model: with all samples unless that takes too long, which the log
        says.
        """
        full = self._evaluations.full_at_end(self._pace)
        yield from self.evaluate(step, full=full)
        evaluator = self._session.evaluator
        if not full and evaluator.light() is not evaluator:
            self._log.write(
                "info",
                f"The last evaluation used {evaluator.light().n:,} of {evaluator.n:,} samples to "
                "save time. Use Evaluate to measure with all of them.",
            )

    def _evaluate(self, step: int, full: bool) -> Work:
        session = self._session
        evaluator = session.evaluator if full else session.evaluator.light()
        # Once for a data set, and no cost of this evaluation.
        yield from evaluator.prepare(session.family)
        start = self._clock()
        sampler = unguided(session.sampler)
        quality = yield from evaluator.evaluate(session.family, sampler)
        full = evaluator is session.evaluator
        self._evaluations.done(step, self._clock() - start, self._pace, full=full)
        self._view.evaluated()
        for note in quality.notes:
            self._log.write("warning", note)
        if not quality.values:
            return
        # On disk the floors by themselves are those of all samples; see `Session`.
        self.curves.write(_columns(step, quality), quality.floors if full else {})
        self._lightly = self._lightly or not full
        if full and self._lightly:
            # Values of other numbers of samples cannot be compared.
            light = session.evaluator.light()
            quality = yield from light.evaluate(session.family, sampler, earlier=quality)
        self._save_best(step, quality)

    def _save_best(self, step: int, quality: Quality) -> None:
        slug, value = next(iter(quality.values.items()))
        if self._session.evaluator.better(slug, value, self._best.get(quality.n)):
            self._best[quality.n] = value
            self.save(step, best=True)

    def sample(self, step: int, n: int) -> Work:
        """Write n fresh samples into the run, if the model makes some."""
        session = self._session
        if session.recorder is None:
            self._log.write("warning", "This model generates no samples.")
            return
        seed = session.resolved.training.seed + len(self._folder.samples.paths())
        config = {"n": n, "seed": seed}
        asked = ask(Operate(run=str(self._folder.path), operator=GENERATE, config=config))
        answer = yield from in_pieces(asked.work(self._loaded(step)))
        made = self._folder.results.write(answer.record, answer.arrays, answer.columns)
        note = answer.record.note
        self._log.write("info", f"{n:,} samples are in results/{made.name}. {note}".strip())
        written = ResultWritten(
            job=self._job, run=str(self._folder.path), operator=GENERATE, step=step,
            result=str(made.path), note=note,
        )  # fmt: skip
        self._sink.send(written)

    def _loaded(self, step: int) -> Loaded:
        """Return the current model, as if loaded."""
        session = self._session
        return Loaded(
            self._folder,
            session.resolved,
            session.family,
            step,
            session.data.rows.columns,
            session.sampler,
            list(session.done),
        )

    def save(self, step: int, *, pinned: bool = False, best: bool = False) -> None:
        """Write a checkpoint; never one that comes after a loss that is not finite.

        Raises:
            NumericFailure: the newest losses or the weights are not finite.
            StoreError: the disk is full or refused; earlier checkpoints are intact.
        """
        self.curves.drain()
        if self._saved == step and not (pinned or best):
            return
        self._folder.require()
        start = self._clock()
        session = self._session
        spec, columns = session.spec, session.data.rows.columns
        tensors, values = pack(session.family, step, spec, columns)
        path = self._folder.checkpoints.save(step, tensors, values, pinned=pinned, best=best)
        self._folder.metrics.sync()
        self._folder.flow.sync()
        self._saved = step
        end = self._clock()
        self._checkpoints.done(step, end - start, end)
        steps = self._folder.checkpoints.steps()
        self._sink.send(CheckpointWritten(job=self._job, step=step, file=str(path), steps=steps))

    def _best_so_far(self) -> dict[int, float]:
        """The best values of the first metric since the last edit of points, by the number of
        samples, for a resumed run.
        """
        evaluator = self._session.evaluator
        columns, _ = self._folder.metrics.read()
        counts = dict(zip(*columns.get(SAMPLES, ([], [])), strict=True))
        edits = (e.step for e in self._session.done if not isinstance(e, ChangeSetting))
        since = max(edits, default=-1)
        best: dict[int, float] = {}
        for choice in evaluator.choices[:1]:
            slug = choice.entry.slug
            for step, value in zip(*columns.get(f"{QUALITY}{slug}", ([], [])), strict=True):
                n = int(counts.get(step, evaluator.n))
                if step > since and evaluator.better(slug, value, best.get(n)):
                    best[n] = value
        return best

    def _tell(self, columns: Columns, floors: dict[str, float]) -> None:
        self._sink.send(Metrics(job=self._job, columns=columns, floors=floors))
        if self._tracking is not None:
            self._tracking.log(columns)


def _dear(session: Session) -> bool:
    """Return whether a record of all particles may take minutes, by its network evaluations.
    Families with thousands of cheap particles, such as points, do not count.
    """
    family, recorder = session.family, session.recorder
    if recorder is None or recorder.particles > CHEAP or not isinstance(family, Family):
        return False
    return (family.evaluations(family.config, session.sampler) or 0) >= DEAR


def _columns(step: int, quality: Quality) -> Columns:
    """Return the curves of an evaluation: each metric value and its sample size."""
    columns: Columns = {f"{QUALITY}{slug}": ([step], [v]) for slug, v in quality.values.items()}
    floors = {k: v for k, v in quality.floors.items() if k.removeprefix(SPREAD) in quality.values}
    columns |= {f"{FLOOR}{name}": ([step], [value]) for name, value in floors.items()}
    for slug, figure in quality.figures.items():
        if figure.low is not None and figure.high is not None:
            columns |= {LOW + slug: ([step], [figure.low]), HIGH + slug: ([step], [figure.high])}
    columns[SAMPLES] = ([step], [float(quality.n)])
    if quality.nfe:
        columns[NFE] = ([step], [float(quality.nfe)])
    return columns
