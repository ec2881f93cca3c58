"""What `Validate` answers: every problem of a spec, its size, and the spec filled in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psutil
import torch

from pushforward.models.config import ConfigError
from pushforward.models.contracts.data import Outline
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.schedule import Schedule
from pushforward.studio.engine.data.datasets import LARGE
from pushforward.studio.engine.process.failures import Refused, describe
from pushforward.studio.engine.process.memory import Needs, needs_of
from pushforward.studio.engine.run.guides import split_guides
from pushforward.studio.engine.run.inputs import load_taken, open_guides, open_inputs, take, units
from pushforward.studio.engine.run.resolve import Resolved, check, resolve
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import GUIDANCE, RunSpec
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.run import RunFolder

__all__ = ["Validation", "Validator"]

_LARGE = 0.8
_REMEMBERED = 256


@dataclass(frozen=True)
class Validation:
    """The result of a validation. ``resolved`` is None if there are problems; ``evaluations`` is
    the number of network evaluations per sample, None if unknown, and ``schedule`` the noise
    schedule, if any.
    """

    problems: list[ErrorInfo]
    parameters: int
    bytes: int
    resolved: Resolved | None
    evaluations: int | None = None
    schedule: Schedule | None = None


class Validator:
    """Validates specs while they are edited. No data are read; memory is measured on synthetic rows
    and cached by the relevant settings, so most answers are instant.
    """

    def __init__(self) -> None:
        self._needs: dict[bytes, Needs] = {}
        self._wrong: dict[bytes, ConfigError | None] = {}  # by all that a model is built from

    def validate(
        self,
        spec: RunSpec,
        project: Path | None,
        own: RunFolder | None = None,
        elsewhere: bool = False,
        first: Mapping[str, RunSpec] | None = None,
    ) -> Validation:
        """Check a spec against the registries, the devices, the project and the memory, without the
        devices and the memory if it is trained ``elsewhere``. ``own`` is the run that it resumes or
        branches from, whose copied inputs it uses; ``first`` are the specs of inputs that will be
        trained before it: untrained ones stand in for them.
        """
        resolved, problems = resolve(spec, any_device=elsewhere, project=project)
        if resolved is None:
            return Validation(problems, 0, 0, None)
        try:
            resolved.training.check_compiler()
            resolved.check_processes()
            outline = resolved.outline(project)
            needs = self._measured(resolved, outline, project, own, first or {})
        except (Refused, ConfigError, StoreError, MemoryError) as error:
            return Validation([describe(error)], 0, 0, None)
        size = needs.bytes(resolved.training.batch, _data_bytes(outline))
        total = psutil.virtual_memory().total
        if size > _LARGE * total and not elsewhere:
            problems = [_too_large(size, total)]
        whole = None if problems else resolved
        evaluations, schedule = _sampled(resolved)
        return Validation(problems, needs.parameters, size, whole, evaluations, schedule)

    def _measured(
        self,
        resolved: Resolved,
        outline: Outline,
        project: Path | None,
        own: RunFolder | None,
        first: Mapping[str, RunSpec],
    ) -> Needs:
        """Return what the model needs.

        Raises:
            ConfigError: settings that do not fit the data or each other.
            Refused, StoreError: a run that it learns from cannot be loaded.
        """
        spec, training = resolved.spec, resolved.training
        places = (str(project), str(own.path) if own else "")
        model = (spec.family, spec.inputs, spec.dataset, places, outline.spec.shape, first)
        key = msgspec.msgpack.encode((*model, vars(training.execution())))
        led = spec.sampler.config.get(GUIDANCE) if spec.sampler is not None else None
        whole = key + msgspec.msgpack.encode((training.steps, led))
        if whole not in self._wrong:
            if len(self._wrong) > _REMEMBERED:
                self._wrong.clear()
                self._needs.clear()
            self._wrong[whole] = self._try(resolved, outline, key, project, own, first)
        wrong = self._wrong[whole]
        if wrong is not None:
            raise wrong
        return self._needs[key]

    def _try(
        self,
        resolved: Resolved,
        outline: Outline,
        key: bytes,
        project: Path | None,
        own: RunFolder | None,
        first: Mapping[str, RunSpec],
    ) -> ConfigError | None:
        """Build the model, and measure it where none of the kind was before."""
        try:
            # It is built on the CPU, also for a GPU: it is only measured and thrown away.
            cpu = torch.device("cpu")
            if own:
                inputs, guides = open_inputs(own, cpu), open_guides(own, cpu)
            else:
                inputs, guides = split_guides(load_taken(take(resolved, project), cpu))
            for name in first.keys() - inputs.keys():
                inputs[name] = check(first[name], any_device=True).build(outline.spec, cpu)
            data = units(resolved.family.entry, inputs, outline.spec)
            family = resolved.build(data, cpu, inputs=inputs)
            resolved.sampling(family, guides)
            if key not in self._needs:
                self._needs[key] = needs_of(family)
        except ConfigError as error:
            return error
        return None


def _sampled(resolved: Resolved) -> tuple[int | None, Schedule | None]:
    """Return how many evaluations a sample takes, and along which levels of noise it goes."""
    family, sampler = resolved.family, resolved.sampler
    make: type[Learner[Any]] = family.entry.make
    if not issubclass(make, Family):
        return None, None
    used = sampler.make() if sampler is not None else None
    return make.evaluations(family.config, used), make.schedule(family.config, used)


def _data_bytes(outline: Outline) -> int:
    """Return the bytes of the data in memory: raw, standardised and shuffled; for large data, the
    read-ahead.
    """
    mean = outline.spec.mean
    size = outline.rows * mean.numel() * mean.element_size()
    return 3 * min(size, LARGE)


def _too_large(size: int, total: int) -> ErrorInfo:
    return ErrorInfo(
        kind="memory",
        message=f"This needs about {size / 1e9:.1f} GB of memory; the machine has "
        f"{total / 1e9:.1f} GB.",
        hint="Use a smaller batch or a smaller network.",
        path="training.batch",
    )
