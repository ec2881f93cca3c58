"""Taking results away: samples in a table format, weights with their config."""

import json
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.engine.jobs.job import Work
from studio.engine.jobs.sampling import RunJob, provenance
from studio.engine.kinds.base import kind_of
from studio.engine.kinds.fit import picked_kind
from studio.engine.process.failures import Refused
from studio.engine.process.sink import Sink
from studio.engine.run.loading import load, newest_checkpoint
from studio.engine.run.resolve import pick_sampler
from studio.engine.run.sampling import draw, repeats
from studio.engine.run.saving import FAMILY, saved_columns, saved_data
from studio.protocol.messages import ExportSamples
from studio.store.atomic import write_bytes
from studio.store.run import RunFolder

__all__ = ["ExportJob", "export_weights"]

Tensor: TypeAlias = NDArray[Any]


class ExportJob(RunJob):
    """Writes fresh samples of a checkpoint of a run to a file of the person's choice."""

    kind = "export"

    def __init__(self, job: str, command: ExportSamples, sink: Sink) -> None:
        run = RunFolder(Path(command.run))
        super().__init__(job, f"Export of {command.n:,} samples of {run.name}", run, sink)
        self.total = command.n
        self._command = command
        self._sampler = pick_sampler(run.record.spec, command.sampler)
        suffix = Path(command.file).suffix.lower()
        suffixes = kind_of(picked_kind(run.record.spec.dataset)).suffixes
        if suffix not in suffixes:
            raise Refused(
                f"Samples cannot be written as {suffix or 'a file without a suffix'}.",
                f"Use one of {', '.join(suffixes)}.",
            )

    def work(self) -> Work:
        """Draw and write."""
        command = self._command
        loaded = load(self.folder, command.step)
        yield False
        sampler, made = loaded.sampled_by(self._sampler)
        rows = yield from draw(
            loaded.family, command.n, command.seed, sampler=made, drawn=self.count
        )
        note = repeats(loaded.family, command.n)
        attrs = provenance(self.folder.name, loaded.step, command.seed, sampler, note)
        kind = kind_of(loaded.family.spec.kind)
        kind.write(Path(command.file), rows, loaded.columns, attrs)
        self.step = command.n
        text = f"{command.n:,} samples of step {loaded.step:,} are in {command.file}."
        self.say(f"{text} {note}".strip())


def export_weights(run: RunFolder, file: Path, step: int | None = None) -> int:
    """Write the averaged weights of the newest checkpoint (not after ``step`` if that is given) to
    a .safetensors file; return its step.

    Tensors keep their names in the family's state; where it averages nothing, the weights
    themselves are written. The metadata hold the run's spec and the data's units, as JSON.

    Raises:
        Refused: another suffix, or no good checkpoint.
        StoreError: the disk refused.
    """
    from safetensors.numpy import save

    if file.suffix.lower() != ".safetensors":
        raise Refused("Weights are written as .safetensors.", f"Call it {file.stem}.safetensors.")
    checkpoint = newest_checkpoint(run, step)
    tensors = {
        name.removeprefix(FAMILY): np.ascontiguousarray(value)
        for name, value in checkpoint.tensors.items()
        if name.startswith(FAMILY)
    }
    data = saved_data(checkpoint)
    metadata = {
        "spec": msgspec.json.encode(run.record.spec).decode(),
        "step": str(checkpoint.step),
        "columns": json.dumps(saved_columns(checkpoint)),
        "mean": json.dumps(data.mean.tolist()),
        "std": json.dumps(data.std.tolist()),
        "run": run.name,
    }
    write_bytes(file, save(_weights(tensors), metadata))
    return checkpoint.step


def _weights(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Choose the averaged weights, else all that is no optimiser's or generator's state."""
    averaged = {name: value for name, value in tensors.items() if "ema" in name.split("/")}
    if averaged:
        return averaged
    return {
        name: value
        for name, value in tensors.items()
        if value.dtype.kind == "f" and "optimizer" not in name.split("/")
    }
