"""Operations on trained runs in this process, with arrays in and out."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.registry import registry
from pushforward.spelling import ask_whether
from pushforward.studio.api.errors import PushforwardError, translated
from pushforward.studio.api.samples import Flow, Result, Samples
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.jobs.job import Job
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.sink import CallbackSink, Sink
from pushforward.studio.engine.run.model_cache import WarmModels
from pushforward.studio.engine.run.model_loading import Loaded
from pushforward.studio.engine.run.operator_requests import Answer, ask
from pushforward.studio.engine.run.resolve import pick_sampler
from pushforward.studio.engine.watch.recorder import Recorder
from pushforward.studio.protocol.messages import Operate
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.errors import UsageError

__all__ = ["MODELS", "drive", "follow", "operate", "split_parameters"]

MODELS = WarmModels()
"""The models of the last few checkpoints: a second request does not load them again."""

ALIASES = {"image": "rows", "images": "rows", "samples": "rows", "x": "rows", "mask": "known"}
"""Names of inputs that are plainer than those of the operators."""


def drive(make: Callable[[Sink], Job]) -> Any:
    """Do a job to its end and return it.

    Raises:
        PushforwardError: it failed.
    """
    job = make(CallbackSink(lambda event: None))
    headless.drive(job, lambda: False)
    if job.error is not None:
        raise PushforwardError(job.error.message, job.error.hint)
    return job


def operate(
    folder: RunFolder,
    operator: str,
    settings: Mapping[str, Any],
    *,
    inputs: Mapping[str, Any] | None = None,
    conditions: Mapping[str, Any] | None = None,
    step: int | None = None,
    length: float | None = None,
) -> Result:
    """Apply an operator and return its result, which is not stored.

    Raises:
        PushforwardError: it cannot be done.
    """
    with translated():
        discover()
        command = Operate(
            run=str(folder.path),
            operator=operator,
            config=dict(settings),
            inputs=dict(inputs or {}),
            given={name: _plain(value) for name, value in (conditions or {}).items()},
            step=step,
            length=length,
        )
        work = ask(command).work(MODELS.get(folder, step, length), MODELS.get)
        while True:
            try:
                next(work)
            except StopIteration as end:
                return _result(end.value)


def _result(answer: Answer) -> Result:
    arrays, rows = answer.arrays, answer.outcome.rows
    samples = None
    if rows is not None:
        kind = kind_of(answer.kind)
        own = {name: arrays[name] for name in kind.arrays(rows)}
        samples = Samples(own["x"], own, tuple(kind.objects(rows)), answer.kind)
    return Result(answer.record.operator, samples, arrays, answer.record.note)


def split_parameters(
    family: Learner[Any], operator: str, parameters: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the inputs and the settings among parameters.

    Raises:
        UsageError: there is no such operator or parameter; the nearest is named.
    """
    known = {entry.slug: entry for entry in registry.all("operator")}
    if operator not in known:
        hint = ask_whether(operator, known, "run.operators() lists those of the run")
        raise UsageError(f"no operation is called {operator!r}; {hint}")
    entry = known[operator]
    slots = [slot.name for slot in entry.takes]
    settings = list(entry.config.__struct_fields__)
    inputs: dict[str, Any] = {}
    chosen: dict[str, Any] = {}
    for name, value in parameters.items():
        slot = name if name in slots else ALIASES.get(name, "")
        if slot in slots:
            inputs[slot] = _rows(value, family.spec.shape, is_mask=slot == "known")
        elif name in settings:
            chosen[name] = _setting(value) if name in _picks(entry.config) else value
        else:
            those = ", ".join([*slots, *settings])
            meant = ask_whether(name, [*slots, *settings, *ALIASES])
            hint = " ".join(filter(None, [meant, f"It takes {those}."]))
            raise UsageError(f"{operator} takes no {name!r}; {hint}")
    return inputs, chosen


def _picks(config: Any) -> set[str]:
    from pushforward.models.config import describe

    return {row["path"] for row in describe(config) if row["kind"] == "pick"}


def _setting(value: Any) -> Any:
    """Return a choice named by its slug as a command has it."""
    return {"slug": value, "config": {}} if isinstance(value, str) else value


def _rows(value: Any, shape: tuple[int, ...], *, is_mask: bool) -> Any:
    """Return rows as a command has them: nested lists with one item a row."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return value
    x = np.asarray(value)
    if is_mask:
        x = x.astype(float)
        if x.shape == shape[1:]:  # the same for all channels
            x = np.broadcast_to(x, shape)
    if x.shape == shape:
        x = x[None]
    return x.tolist()


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value


def follow(loaded: Loaded, n: int, seed: int | None, frames: int, pick: Pick | None) -> Flow:
    """Follow n particles of a model from noise to data.

    Raises:
        UsageError: the model moves no particles.
    """
    family = loaded.family
    if not isinstance(family, Family):
        raise UsageError(f"{loaded.run.name} moves no particles")
    other = pick_sampler(loaded.run.record.spec, pick)
    _, sampler = loaded.sampled_by(other)
    recorder = Recorder(
        family,
        seed=loaded.run.record.seed if seed is None else seed,
        particles=n,
        frames=frames,
        sampler=sampler,
    )
    work = recorder.record(loaded.step)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return Flow(np.asarray(end.value.x), np.asarray(end.value.t))
