"""What `Validate` answers: every problem of a spec, its size, and the spec filled in."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil
import torch

from models.config import ConfigError
from studio.engine.process.failures import Refused, describe
from studio.engine.process.memory import estimate
from studio.engine.run.inputs import load_taken, take, units
from studio.engine.run.resolve import Resolved, resolve
from studio.protocol.messages import ErrorInfo
from studio.protocol.spec import RunSpec
from studio.store.errors import StoreError

__all__ = ["Validation", "Validator"]

_LARGE = 0.8
_PROBED_POINTS = 1000
_PROBED_PARAMETERS = 20_000_000


@dataclass(frozen=True)
class Validation:
    """The result: ``resolved`` is None if there are problems."""

    problems: list[ErrorInfo]
    parameters: int
    bytes: int
    resolved: Resolved | None


class Validator:
    """Validates while a person types: sizes are remembered, so that most answers are instant."""

    def __init__(self) -> None:
        self._sizes: dict[bytes, tuple[int, int] | ConfigError] = {}

    def validate(self, spec: RunSpec, project: Path | None) -> Validation:
        """Check a spec against the registries, the devices, the project and the memory."""
        resolved, problems = resolve(spec)
        if resolved is None:
            return Validation(problems, 0, 0, None)
        try:
            parameters, size = self._size(resolved, project)
        except (Refused, ConfigError, StoreError, MemoryError) as error:
            return Validation([describe(error)], 0, 0, None)
        total = psutil.virtual_memory().total
        if size > _LARGE * total:
            problems = [_too_large(size, total)]
        return Validation(problems, parameters, size, None if problems else resolved)

    def _size(self, resolved: Resolved, project: Path | None) -> tuple[int, int]:
        """Return the parameter count and the estimated bytes."""
        spec = msgspec.structs.replace(resolved.spec, name="", edits=[])
        key = msgspec.msgpack.encode((spec, str(project)))
        if key not in self._sizes:
            if len(self._sizes) > 256:
                self._sizes.clear()
            try:
                self._sizes[key] = _measure(resolved, project)
            except ConfigError as error:
                self._sizes[key] = error
        found = self._sizes[key]
        if isinstance(found, ConfigError):
            raise found
        return found


def _measure(resolved: Resolved, project: Path | None) -> tuple[int, int]:
    data = resolved.load_data(project, limit=_PROBED_POINTS)
    rows, spec = data.rows, data.rows.spec()
    n = len(rows) if data.draw is None else max(resolved.training.samples, len(rows))
    # In the units of the data, standardised, and in the order of the epoch.
    data_bytes = 3 * n * spec.mean.numel() * spec.mean.element_size()
    # The family is built on the CPU, also for a GPU: it is only counted and thrown away.
    cpu = torch.device("cpu")
    inputs = load_taken(take(resolved, project), cpu)
    family = resolved.build(units(resolved.family.entry, inputs, spec), cpu, inputs=inputs)
    count = family.parameter_count()
    if count > _PROBED_PARAMETERS:
        return count, count * 20 + data_bytes
    return count, estimate(family, resolved.training.batch, data_bytes)


def _too_large(size: int, total: int) -> ErrorInfo:
    return ErrorInfo(
        kind="memory",
        message=f"This needs about {size / 1e9:.1f} GB of memory; the machine has "
        f"{total / 1e9:.1f} GB.",
        hint="Use a smaller batch or a smaller network.",
        path="training.batch",
    )
