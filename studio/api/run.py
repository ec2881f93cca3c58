"""A run: a training with its checkpoints, which can be sampled, evaluated and used as a model."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.api.display import html_png, html_table
from pushforward.studio.api.errors import PushforwardError, translated
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.run_folders import describe_missing

if TYPE_CHECKING:
    from pushforward.studio.api.evaluation import Evaluation
    from pushforward.studio.api.model import Model
    from pushforward.studio.api.samples import Flow, Result, Samples
    from pushforward.studio.engine.run.model_loading import Loaded
    from pushforward.studio.formats.flow_page import Theme
    from pushforward.studio.protocol.messages import ShareFlow, WriteReport
    from pushforward.studio.protocol.spec import Pick

__all__ = ["Run"]

_FRAMES = 25  # of a flow


class Run:
    """A run folder of a project. The window shows the same runs.

    Args:
        path: the folder, the one with ``run.toml``.

    Raises:
        PushforwardError: it is no run folder, or its record is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self._folder = RunFolder(Path(path).expanduser().absolute())
        if not (self.path / "run.toml").is_file():
            raise PushforwardError(describe_missing(self.path))
        with translated():
            self._record = self._folder.record

    def __repr__(self) -> str:
        return f"Run({self.name!r}, {self.state}, step {self.step:,} of {self.total:,})"

    def _repr_html_(self) -> str:
        picture = self.picture()
        image = html_png(picture.read_bytes()) if picture is not None else ""
        settings = [(name, str(value)) for name, value in self.settings.items()]
        parts = [f"<b>{self.name}</b>: {self.state}, step {self.step:,} of {self.total:,}", image]
        parts.append(html_table(self._newest(), ("metric", "value", "noise floor")))
        listed = html_table(settings, ("setting", "value"))
        parts.append(f"<details><summary>Settings</summary>{listed}</details>")
        return "<br/>".join(filter(None, parts))

    @property
    def name(self) -> str:
        """The name of its folder, such as "0001-edm-two-moons"."""
        return self._folder.name

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._folder.path

    @property
    def model_name(self) -> str:
        """The slug of the model, such as "edm"."""
        return self._record.spec.family.slug

    @property
    def dataset(self) -> str:
        """The slug of the data set, such as "two-moons"."""
        return self._record.spec.dataset.slug

    @property
    def settings(self) -> dict[str, Any]:
        """All settings by their dotted names, such as "family.net.width"."""
        spec = self._record.spec
        found: dict[str, Any] = {"family": spec.family.slug, "dataset": spec.dataset.slug}
        if spec.sampler is not None:
            found["sampler"] = spec.sampler.slug
            found |= _flat("sampler", spec.sampler.config)
        parts = {"family": spec.family.config, "dataset": spec.dataset.config}
        for head, config in {**parts, "training": spec.training}.items():
            found |= _flat(head, config)
        return found

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

    def picture(self) -> Path | None:
        """Return a PNG of the newest snapshot, drawn if it is missing; None without a snapshot."""
        from pushforward.studio.workflows.snapshot_files import draw_run

        with translated():
            return draw_run(self._folder)

    def sample(
        self,
        n: int,
        *,
        seed: int = 0,
        sampler: str = "",
        conditions: Mapping[str, Any] | None = None,
        step: int | None = None,
        length: float | None = None,
        **settings: Any,
    ) -> "Samples":
        """Generate samples with the averaged weights of a checkpoint.

        Args:
            n: number of samples.
            seed: of the noise; the same seed gives the same samples.
            sampler: slug, such as "heun"; "" for the sampler of the run.
            conditions: values to generate under, such as ``{"label": 3}``.
            step: of the checkpoint; the newest if None.
            length: EMA length, for runs trained with training.lengths.
            settings: of the sampler, such as ``steps=18``.

        Raises:
            PushforwardError: there is no checkpoint, or a value is not valid.
        """
        from pushforward.studio.api.operations import operate
        from pushforward.studio.protocol.messages import GENERATE

        config: dict[str, Any] = {"n": n, "seed": seed}
        with translated():
            pick = self._sampler(sampler, settings)
        if pick is not None:
            config["sampler"] = {"slug": pick.slug, "config": pick.config}
        found = operate(
            self._folder, GENERATE, config, conditions=conditions, step=step, length=length
        )
        assert found.samples is not None
        return found.samples

    def evaluate(
        self,
        n: int = 5_000,
        *,
        seed: int = 0,
        metrics: tuple[str, ...] | list[str] = (),
        sampler: str = "",
        step: int | None = None,
        **settings: Any,
    ) -> "Evaluation":
        """Generate n samples and compare them with n held-out real samples.

        Args:
            n: number of samples; below 1,000 no verdict can be good.
            seed: of the noise.
            metrics: slugs, see `pushforward.metrics`; those of the run if empty.
            sampler: slug; "" for the sampler of the run.
            step: of the checkpoint; the newest if None.
            settings: of the sampler, such as ``steps=18``.

        Raises:
            PushforwardError: there is no checkpoint, or a metric is for other data.
        """
        from pushforward.studio.api.evaluation import evaluation_of
        from pushforward.studio.api.operations import drive
        from pushforward.studio.engine.jobs.evaluation_job import EvaluationJob
        from pushforward.studio.protocol.messages import Evaluate
        from pushforward.studio.protocol.spec import Pick
        from pushforward.studio.workflows.quality import check_metrics

        with translated():
            picked = [Pick(slug=slug) for slug in metrics]
            pick = self._sampler(sampler, settings)
            check_metrics(self._folder, picked)
            command = Evaluate(
                run=str(self.path), n=n, seed=seed, sampler=pick, step=step, metrics=picked
            )
            job = drive(lambda sink: EvaluationJob("evaluate", command, sink))
        return evaluation_of(job)

    def do(
        self,
        operator: str,
        *,
        conditions: Mapping[str, Any] | None = None,
        step: int | None = None,
        **parameters: Any,
    ) -> "Result":
        """Apply an operation, such as ``run.do("inpaint", image=x, mask=known)``.

        `operators` lists those of the run.

        Args:
            operator: its slug.
            conditions: values to generate under, such as ``{"label": 3}``.
            step: of the checkpoint; the newest if None.
            parameters: inputs and settings by name. Inputs are arrays in the units of the data, (n,
                ...) or one sample; "data", "test" or "project:NAME"; or `Samples`. The input
                ``rows`` may also be called image, images or samples, and ``known`` mask (1 for
                known values).

        Raises:
            PushforwardError: the run cannot do it, or a parameter is not valid.
        """
        from pushforward.studio.api.operations import operate, split_parameters

        with translated():
            inputs, settings = split_parameters(self._load(step).family, operator, parameters)
        return operate(
            self._folder, operator, settings, inputs=inputs, conditions=conditions, step=step
        )

    def operators(self) -> dict[str, str]:
        """Return the operations of the run: slug and a sentence on what it does."""
        from pushforward.studio.engine.process.discovery import discover
        from pushforward.studio.engine.run.checkpoint_state import saved_data
        from pushforward.studio.engine.run.operator_requests import offered

        with translated():
            discover()
            checkpoint, _ = self._folder.checkpoints.newest()
            found = offered(self._folder, saved_data(checkpoint) if checkpoint else None)
        return {entry.slug: entry.summary for entry, reason in found if not reason}

    def flow(
        self,
        n: int = 512,
        *,
        seed: int | None = None,
        frames: int = _FRAMES,
        sampler: str = "",
        step: int | None = None,
        **settings: Any,
    ) -> "Flow":
        """Follow particles from noise to data.

        Args:
            n: number of particles.
            seed: of the latents; that of the run if None, for the particles that the window shows.
            frames: at most this number of times.
            sampler: slug; "" for the sampler of the run.
            step: of the checkpoint; the newest if None.
            settings: of the sampler, such as ``steps=18``.

        Returns:
            frames (frames, n, ...) in the units of the data, and times (frames,) from 0 to 1.

        Raises:
            PushforwardError: there is no checkpoint, or the model moves no particles.
        """
        from pushforward.studio.api.operations import follow

        with translated():
            pick = self._sampler(sampler, settings)
            return follow(self._load(step), n, seed, frames, pick)

    def share(
        self, file: str | Path, *others: "Run", overwrite: bool = False, **options: Any
    ) -> Path:
        """Write the recorded flow as a page that plays offline, an animation or a video.

        Args:
            file: its suffix chooses the format: .html, .gif, .apng, .webp, .mp4 or .webm.
            others: runs that are shown next to this one.
            overwrite: whether a file that exists is replaced.
            options: ``particles`` (1,000), ``theme`` ("auto", "dark", "light"), ``seconds`` of one
                pass (6), ``step``; of animations also ``clock`` ("flow", "training") and ``size``.

        Raises:
            PushforwardError: the run recorded nothing, or a value is not possible.
        """
        from pushforward.studio.protocol.messages import ShareFlow

        runs, path = [str(run.path) for run in (self, *others)], _absolute(file)
        return _write(ShareFlow(runs=runs, file=str(path), overwrite=overwrite, **options))

    def report(
        self, file: str | Path, *others: "Run", overwrite: bool = False, theme: "Theme" = "auto"
    ) -> Path:
        """Write settings, metrics with noise floors, curves, samples and the flow as a document.

        Args:
            file: .html or .pdf.
            others: runs that this one is compared with.
            overwrite: whether a file that exists is replaced.
            theme: of a page: "auto", "dark" or "light".

        Raises:
            PushforwardError: a value is not possible.
        """
        from pushforward.studio.protocol.messages import WriteReport

        runs, path = [str(run.path) for run in (self, *others)], _absolute(file)
        return _write(WriteReport(runs=runs, file=str(path), overwrite=overwrite, theme=theme))

    def model(
        self, units: Literal["standardised", "data"] = "standardised", *, step: int | None = None
    ) -> "Model":
        """Return the trained model as a `torch.nn.Module` with averaged weights.

        Args:
            units: of its inputs and outputs: "standardised", as in training, or "data".
            step: of the checkpoint; the newest if None.

        Raises:
            PushforwardError: there is no checkpoint, or no network that can be called.
        """
        from pushforward.studio.api.model import Model

        with translated():
            family = self._load(step).family
        try:
            return Model(family, units)
        except TypeError as error:
            raise PushforwardError(f"{self.name}: {error}.") from error

    def _load(self, step: int | None) -> "Loaded":
        from pushforward.studio.api.operations import MODELS
        from pushforward.studio.engine.process.discovery import discover

        discover()
        return MODELS.get(self._folder, step)

    def _sampler(self, slug: str, settings: Mapping[str, Any]) -> "Pick | None":
        from pushforward.studio.api.settings import assignments
        from pushforward.studio.engine.process.discovery import discover
        from pushforward.studio.workflows.settings import apply

        discover()
        changes = assignments({"sampler": slug} if slug else {}, settings, "sampler.")
        spec = self._record.spec
        return apply(spec, changes, self._folder.project).sampler if changes else None

    def _newest(self) -> list[tuple[str, str, str]]:
        """Return the newest metrics of the training as texts."""
        from pushforward.studio.engine.race.standings import standing
        from pushforward.studio.figures import short
        from pushforward.studio.protocol.events import SPREAD

        with translated():
            found = standing(self._folder)
        rows = []
        for name, value in found.values.items():
            floor, spread = found.floors.get(name), found.floors.get(SPREAD + name)
            text = "" if floor is None else short(floor, 3)
            rows.append((name, short(value, 3), f"{text} ± {short(spread, 1)}" if spread else text))
        return rows


def _flat(head: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return nested settings by dotted names, as `train` takes them."""
    found: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, Mapping):
            inner = dict(value)
            if "slug" in inner:
                found[f"{head}.{name}"] = inner["slug"]
                inner = dict(inner.get("config") or {})
            found |= _flat(f"{head}.{name}", inner)
        else:
            found[f"{head}.{name}"] = value
    return found


def _absolute(file: str | Path) -> Path:
    return Path(file).expanduser().absolute()


def _write(command: "ShareFlow | WriteReport") -> Path:
    """Do what a command says, and return the file."""
    from pushforward.studio.api.operations import drive
    from pushforward.studio.engine.jobs.share_job import ShareJob
    from pushforward.studio.engine.process.discovery import discover

    with translated():
        discover()
        drive(lambda sink: ShareJob("share", command, sink))
    return Path(command.file)
