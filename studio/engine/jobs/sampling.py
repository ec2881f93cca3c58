"""Drawing samples from a trained run into its folder."""

from pathlib import Path

from studio.engine.jobs.job import Job, Work
from studio.engine.kinds.base import kind_of
from studio.engine.process.sink import Sink
from studio.engine.run.loading import load
from studio.engine.run.resolve import pick_sampler
from studio.engine.run.runlog import RunLog
from studio.engine.run.sampling import draw, repeats
from studio.protocol.messages import Sample
from studio.protocol.spec import Pick, RunSpec
from studio.store.run import RunFolder

__all__ = ["RunJob", "SamplingJob", "provenance"]


class RunJob(Job):
    """A short job on a run that has been trained; it owns none of the run's status."""

    def __init__(self, job: str, title: str, run: RunFolder, sink: Sink) -> None:
        super().__init__(job, title, str(run.path))
        self.folder = run
        self._log = RunLog(run.log_path, sink, job)

    @property
    def spec(self) -> RunSpec:
        """The run's spec."""
        return self.folder.record.spec

    def settle(self) -> None:
        """Nothing is on disk but the result."""

    def count(self, done: int) -> None:
        """Note how much is done."""
        self.step = done

    def say(self, text: str, *, level: str = "info") -> None:
        """Write a line to the run's log."""
        self._log.write(level, text)


class SamplingJob(RunJob):
    """Draws samples from a checkpoint, with a sampler and a seed, into ``samples/``."""

    kind = "sampling"

    def __init__(self, job: str, command: Sample, sink: Sink) -> None:
        run = RunFolder(Path(command.run))
        super().__init__(job, f"{command.n:,} samples of {run.name}", run, sink)
        self.total = command.n
        self._command = command
        self._sampler = pick_sampler(run.record.spec, command.sampler)

    def work(self) -> Work:
        """Draw and write."""
        command = self._command
        loaded = load(self.folder, command.step)
        yield False
        pick, sampler = loaded.sampled_by(self._sampler)
        rows = yield from draw(
            loaded.family, command.n, command.seed, sampler=sampler, drawn=self.count
        )
        note = repeats(loaded.family, command.n)
        attrs = provenance(self.folder.name, loaded.step, command.seed, pick, note)
        arrays = kind_of(loaded.family.spec.kind).arrays(rows)
        path = self.folder.samples.write(arrays, loaded.columns, attrs)
        self.step = command.n
        text = f"{command.n:,} samples of step {loaded.step:,} are in samples/{path.name}."
        self.say(f"{text} {note}".strip())


def provenance(
    run: str, step: int, seed: int, sampler: Pick | None, note: str = ""
) -> dict[str, object]:
    """Return what is written beside samples, so that they can be drawn again, and what is to be
    known of them.
    """
    settings = {"slug": sampler.slug, "config": sampler.config} if sampler else None
    drawn = {"run": run, "step": step, "seed": seed, "sampler": settings}
    return {**drawn, "note": note} if note else drawn
