"""The bench of the claims: trainings without a screen, kept by the hash of what made them."""

import hashlib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from time import perf_counter

import msgspec

from pushforward import observables
from pushforward.studio import home
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.engine.run.versions import versions
from pushforward.studio.protocol.spec import Pick, RunRef, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.verify.bench import Learnt, Trial

__all__ = ["EngineBench", "cache_folder"]

KEPT = "finished"


def cache_folder() -> Path:
    """Where trainings of claims are kept; what is there can be thrown away at any time."""
    return home.cache_folder() / "bench"


class EngineBench:
    """A `verify.bench.Bench`.

    Args:
        device: where to train, a name as in the training settings.
        seeds: those to train with, () for each claim's own.
        budget: seconds after which a training ends, None for never.
        fresh: whether to train anew what was trained before.
    """

    def __init__(
        self,
        device: str = "cpu",
        seeds: Sequence[int] = (),
        budget: float | None = None,
        *,
        fresh: bool = False,
    ) -> None:
        self._device = device
        self._seeds = list(seeds)
        self._budget = budget
        self._fresh = fresh

    def seeds(self, usual: Sequence[int]) -> list[int]:
        """Return the requested seeds, by default the usual ones."""
        return self._seeds or list(usual)

    def train(self, trial: Trial, seed: int) -> Learnt:
        """Train, or return what the same training, by the same code, came to before.

        Raises:
            Refused: the spec has a problem.
            RuntimeError: the training failed.
        """
        run = self._generate_samples(trial, seed)
        loaded = load(run)
        data = loaded.resolved.load_data(run.project)
        status = run.status()
        return Learnt(
            loaded.family,
            loaded.sampler,
            data.untouched,
            status.step,
            status.seconds,
            data.pair if data.validates or data.draw is not None else None,
            data.rows,
        )

    def _generate_samples(self, trial: Trial, seed: int) -> RunFolder:
        taken = {name: self._generate_samples(each, seed) for name, each in trial.inputs.items()}
        spec = self._spec(trial, seed, taken)
        folder = cache_folder() / self._key(spec, taken)
        if self._fresh and folder.exists():
            shutil.rmtree(folder)
        return _finished(folder) or self._run(spec, folder, taken)

    def _spec(self, trial: Trial, seed: int, taken: Mapping[str, RunFolder]) -> RunSpec:
        training = {
            # Nobody looks: one evaluation at the end, and few records.
            "evaluate_every": trial.steps,
            "evaluate_samples": 100,
            "particles": 16,
            "kept_capacity": 4,
            **trial.training,
            "steps": trial.steps,
            "seed": seed,
            "device": self._device,
        }
        spec = RunSpec(
            name=f"{trial.family} on {trial.dataset}, seed {seed}",
            family=Pick(slug=trial.family, config=dict(trial.config)),
            dataset=Pick(slug=trial.dataset, config=dict(trial.data)),
            training=training,
            sampler=Pick(slug=trial.sampler, config=dict(trial.sampling))
            if trial.sampler
            else None,
            inputs={name: RunRef(run=own) for name, own in _names(taken).items()},
        )
        return check(spec).spec

    def _key(self, spec: RunSpec, taken: Mapping[str, RunFolder]) -> str:
        learned_from = {name: run.path.parent.parent.name for name, run in taken.items()}
        made_by = (spec, learned_from, versions(), _code(), self._budget)
        return hashlib.sha256(msgspec.msgpack.encode(made_by)).hexdigest()[:24]

    def _run(self, spec: RunSpec, folder: Path, taken: Mapping[str, RunFolder]) -> RunFolder:
        if folder.exists():
            shutil.rmtree(folder)  # half a training of one that was interrupted
        Project.create(folder, spec.name)
        for name, own in _names(taken).items():
            # A run learns from runs of its own project.
            shutil.copytree(taken[name].path, folder / "runs" / own)
        begun = perf_counter()

        def over() -> bool:
            return self._budget is not None and perf_counter() - begun > self._budget

        status = headless.run(spec, project=folder, stop=over)
        if status.error is not None:
            raise RuntimeError(status.error.message)
        (folder / KEPT).touch()
        run = _finished(folder)
        assert run is not None
        return run


def _finished(folder: Path) -> RunFolder | None:
    if not (folder / KEPT).exists():
        return None
    runs = Project.open(folder).runs()
    if not runs:
        raise Refused(f"{folder} holds no training.", "Delete the folder.")
    return runs[-1]  # what it learned from stands before it


def _names(inputs: Iterable[str]) -> dict[str, str]:
    """Return what the runs that a training learns from are called in its project."""
    return {name: f"{number:04d}-{name}" for number, name in enumerate(inputs, 1)}


@cache
def _code() -> str:
    """Return a hash of the mathematics: a figure of other code is another figure."""
    digest = hashlib.sha256()
    for package in (import_module("pushforward.models"), observables):
        for path in sorted(Path(package.__path__[0]).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
