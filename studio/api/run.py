"""A run: a training with its checkpoints, which can be sampled and evaluated."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.api.errors import PushforwardError, translated
from pushforward.studio.store.run import RunFolder

if TYPE_CHECKING:
    from pushforward.studio.api.evaluation import Evaluation
    from pushforward.studio.engine.jobs.job import Job
    from pushforward.studio.protocol.spec import Pick

__all__ = ["Run", "Samples"]


@dataclass(frozen=True)
class Samples:
    """Generated samples.

    Attributes:
        x: (n, ...) float; the shape of one sample depends on the data, such as (2,) for points in
            the plane and (channels, height, width) for images in [0, 1].
        arrays: everything that belongs to them, ``x`` included: labels (n,), or a mask of the real
            constituents of jets (n, constituents).
    """

    x: NDArray[Any]
    arrays: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.x)

    def __array__(
        self, dtype: np.dtype[Any] | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        return np.array(self.x, dtype=dtype) if copy or dtype is not None else self.x


class Run:
    """A run folder of a project. The window shows the same runs.

    Args:
        path: the folder, the one with ``run.toml``.

    Raises:
        PushforwardError: it is no run folder, or its record is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self._folder = RunFolder(Path(path).expanduser())
        if not (self.path / "run.toml").is_file():
            raise PushforwardError(f"{self.path} is not a run folder: it has no run.toml.")
        with translated():
            self._record = self._folder.record

    def __repr__(self) -> str:
        return f"Run({self.name!r}, {self.state}, step {self.step:,} of {self.total:,})"

    @property
    def name(self) -> str:
        """The name of its folder, such as "0001-edm-two-moons"."""
        return self._folder.name

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._folder.path

    @property
    def model(self) -> str:
        """The slug of the model, such as "edm"."""
        return self._record.spec.family.slug

    @property
    def dataset(self) -> str:
        """The slug of the data set, such as "two-moons"."""
        return self._record.spec.dataset.slug

    @property
    def state(self) -> str:
        """One of "queued", "running", "paused", "interrupted", "finished", "failed" and
        "cancelled".
        """
        return self._folder.status().state

    @property
    def step(self) -> int:
        """The training step that it has reached."""
        return self._folder.status().step

    @property
    def total(self) -> int:
        """The number of training steps that it is to reach."""
        return self._folder.status().total

    def metrics(self) -> dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """Return the curves of the training: steps (k,) and values (k,) of each by name."""
        with translated():
            curves, _ = self._folder.metrics.read()
        return {
            name: (np.asarray(steps, np.int64), np.asarray(values, np.float64))
            for name, (steps, values) in curves.items()
        }

    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        sampler: str = "",
        settings: Mapping[str, Any] | None = None,
        conditions: Mapping[str, Any] | None = None,
        step: int | None = None,
    ) -> Samples:
        """Generate samples with the averaged weights of a checkpoint.

        Args:
            n: number of samples.
            seed: of the noise; the same seed gives the same samples.
            sampler: slug, such as "heun"; "" for the sampler of the run.
            settings: of the sampler, such as ``{"steps": 18}``.
            conditions: values to generate under, such as ``{"label": 3}``.
            step: of the checkpoint; the newest if None.

        Raises:
            PushforwardError: there is no checkpoint, or a value is not valid.
        """
        from pushforward.studio.engine.jobs.operator_job import OperatorJob
        from pushforward.studio.engine.run.model_cache import WarmModels
        from pushforward.studio.protocol.messages import GENERATE, Operate

        with translated(), tempfile.TemporaryDirectory(prefix="pushforward-") as temporary:
            pick = self._sampler(sampler, settings)
            config: dict[str, Any] = {"n": n, "seed": seed}
            if pick is not None:
                config["sampler"] = {"slug": pick.slug, "config": pick.config}
            file = Path(temporary) / "samples.npz"
            command = Operate(
                run=str(self.path),
                operator=GENERATE,
                config=config,
                given=dict(conditions or {}),
                step=step,
                file=str(file),
            )
            self._drive(lambda sink: OperatorJob("sample", command, sink, WarmModels()))
            with np.load(file) as written:
                arrays = {name: written[name] for name in written.files}
        return Samples(arrays["x"], arrays)

    def evaluate(
        self,
        n: int = 5_000,
        *,
        seed: int = 0,
        metrics: tuple[str, ...] = (),
        sampler: str = "",
        settings: Mapping[str, Any] | None = None,
        step: int | None = None,
    ) -> "Evaluation":
        """Generate n samples and compare them with as many held-out real ones.

        Args:
            n: number of samples; below 1,000 no verdict can be good.
            seed: of the noise.
            metrics: slugs; those of the run if empty.
            sampler: slug; "" for the sampler of the run.
            settings: of the sampler.
            step: of the checkpoint; the newest if None.

        Raises:
            PushforwardError: there is no checkpoint, or a metric is for other data.
        """
        from pushforward.studio.api.evaluation import evaluation_of
        from pushforward.studio.engine.jobs.evaluation_job import EvaluationJob
        from pushforward.studio.protocol.messages import Evaluate
        from pushforward.studio.protocol.spec import Pick

        with translated():
            command = Evaluate(
                run=str(self.path),
                n=n,
                seed=seed,
                sampler=self._sampler(sampler, settings),
                step=step,
                metrics=[Pick(slug=slug) for slug in metrics],
            )
            job = self._drive(lambda sink: EvaluationJob("evaluate", command, sink))
        assert isinstance(job, EvaluationJob)
        return evaluation_of(job)

    def _sampler(self, slug: str, settings: Mapping[str, Any] | None) -> "Pick | None":
        from pushforward.studio.api.settings import assignments
        from pushforward.studio.cli.settings import apply
        from pushforward.studio.engine.process.discovery import discover

        discover()
        changes = assignments({"sampler": slug} if slug else {}, settings or {}, "sampler.")
        spec = self._record.spec
        return apply(spec, changes, self._folder.project).sampler if changes else None

    @staticmethod
    def _drive(make: "Any") -> "Job":
        from pushforward.studio.engine.jobs import headless
        from pushforward.studio.engine.process.sink import CallbackSink

        job: Job = make(CallbackSink(lambda event: None))
        headless.drive(job, lambda: False)
        if job.error is not None:
            raise PushforwardError(job.error.message, job.error.hint)
        return job
