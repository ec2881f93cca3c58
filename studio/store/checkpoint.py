"""Checkpoints: one safetensors file a step, validated before it counts, pruned but for the best.

A run without particles also keeps checkpoints all along the training, its history, so that the
training clock can go back to them. When there are too many, every other one goes.

The metadata of a file holds ``format``, ``step``, ``values`` (JSON) and a checksum of the
tensors; safetensors itself checks that header and size agree. Nothing is ever unpickled.
"""

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pushforward.studio.store.atomic import check_space, make_folder, replacing
from pushforward.studio.store.errors import Damaged, StoreError, explain
from pushforward.studio.store.flow import halve
from pushforward.studio.store.migrate import CURRENT, upgrade
from pushforward.studio.store.text import read_json, write_json

__all__ = ["Checkpoint", "Checkpoints"]

Tensors = dict[str, NDArray[Any]]
_NAME = re.compile(r"step-(\d{8,})\.safetensors")
CAPACITY, ROOM = 32, 64 * 2**20
FEWEST = 8
"""Checkpoints of a history that shows how something was learned."""


@dataclass(frozen=True)
class Checkpoint:
    """What exact resume needs: tensors by flat name, and plain JSON values, at a step."""

    step: int
    tensors: Tensors
    values: dict[str, Any] = field(default_factory=dict)


class _Marks(msgspec.Struct):
    """``marks.json``: which steps are never pruned, and which belong to the history."""

    best: int | None = None
    pinned: list[int] = []
    history: list[int] = []


class Checkpoints:
    """The checkpoints of one run: the newest ``keep``, the best, the pinned ones, and those of the
    history: at most ``capacity``, in ``room`` bytes, or none where fewer than `FEWEST` would fit.
    """

    def __init__(
        self, folder: Path, keep: int = 3, *, capacity: int = CAPACITY, room: int = ROOM
    ) -> None:
        if keep < 1:
            raise ValueError(f"keep must be at least 1, got {keep}")
        self.folder = Path(folder)
        self.keep = keep
        self.capacity = capacity
        self.room = room

    def path(self, step: int) -> Path:
        """Return where the checkpoint of a step is, or would be."""
        return self.folder / f"step-{step:08d}.safetensors"

    def steps(self) -> list[int]:
        """Return the steps that have a file, rising; the files are not opened."""
        if not self.folder.is_dir():
            return []
        names = (_NAME.fullmatch(p.name) for p in self.folder.iterdir())
        return sorted(int(m[1]) for m in names if m)

    def save(
        self,
        step: int,
        tensors: Mapping[str, NDArray[Any]],
        values: Mapping[str, Any],
        *,
        pinned: bool = False,
        best: bool = False,
    ) -> Path:
        """Write a checkpoint, check it, and only then prune older ones.

        Raises:
            DiskFull: it does not fit; nothing was changed.
            StoreError: the disk refused, or what was written does not read back.
        """
        from safetensors.numpy import save

        arrays = {name: np.asarray(value, order="C") for name, value in tensors.items()}
        check_space(self.folder, sum(a.nbytes for a in arrays.values()) + 2**16)
        make_folder(self.folder)
        metadata = {
            "format": str(CURRENT["checkpoint"]),
            "step": str(step),
            # The standard library keeps NaN, infinity and big integers, which exact resume needs.
            "values": json.dumps(dict(values)),
            "crc32": str(_checksum(arrays)),
        }
        path = self.path(step)
        with replacing(path) as temp:
            temp.write_bytes(save(arrays, metadata))
            _check_header(temp, step, arrays)
        if pinned or best:
            self._mark(step, pinned=pinned, best=best)
        self._prune()
        return path

    def load(self, path: Path) -> Checkpoint:
        """Read and verify one checkpoint file.

        Raises:
            Damaged: it is truncated, altered, or no checkpoint.
            StoreError: it is missing, or of a later version.
        """
        return _load(Path(path))

    def newest(self, not_after: int | None = None) -> tuple[Checkpoint | None, list[str]]:
        """Return the newest checkpoint that is intact, and the names of damaged ones passed over.

        ``not_after`` looks only at checkpoints up to that step.
        """
        skipped: list[str] = []
        for step in reversed(self.steps()):
            if not_after is not None and step > not_after:
                continue
            path = self.path(step)
            try:
                return _load(path), skipped
            except StoreError:
                if path.exists():  # else it was pruned meanwhile
                    skipped.append(path.name)
        return None, skipped

    def pinned(self) -> list[int]:
        """Return the pinned steps, rising."""
        marks = self._marks()
        return sorted(marks.pinned) if marks else []

    def best(self) -> int | None:
        """Return the step that was saved as the best, if its file is there."""
        marks = self._marks()
        best = marks.best if marks else None
        return best if best is not None and self.path(best).exists() else None

    def history(self) -> list[int]:
        """Return the steps of the history that have a file, rising."""
        marks = self._marks()
        return sorted({*marks.history} & {*self.steps()}) if marks else []

    def extend_history(self, step: int) -> bool:
        """Keep the checkpoint of a step for the history, and thin that if it became too large.

        Returns whether it has a history: checkpoints may be too large for one.

        Raises:
            StoreError: there is no such checkpoint, or the disk refused.
        """
        path = self.path(step)
        if not path.is_file():
            raise StoreError(f"The checkpoint {path} does not exist.", "It may have been removed.")
        most = min(self.capacity, self.room // max(1, path.stat().st_size))
        steps = sorted({*self.history(), step}) if most >= FEWEST else []
        while len(steps) > most:
            steps = halve(steps)
        marks = self._marks() or _Marks(pinned=self.steps())
        self._write_marks(msgspec.structs.replace(marks, history=steps))
        self._prune()
        return bool(steps)

    def _marks(self) -> _Marks | None:
        """Return the marks, or None when they are damaged and nothing may be pruned."""
        path = self.folder / "marks.json"
        if not path.exists():
            return _Marks()
        try:
            return read_json(path, _Marks)
        except Damaged:
            return None

    def _mark(self, step: int, *, pinned: bool | None = None, best: bool = False) -> None:
        # When the marks were damaged, everything that is there now counts as pinned.
        marks = self._marks() or _Marks(pinned=self.steps())
        pins = set(marks.pinned)
        if pinned is not None and (pinned or not best):
            pins = pins | {step} if pinned else pins - {step}
        best_step = step if best else marks.best
        self._write_marks(msgspec.structs.replace(marks, best=best_step, pinned=sorted(pins)))

    def _write_marks(self, marks: _Marks) -> None:
        write_json(self.folder / "marks.json", marks)

    def _prune(self) -> None:
        marks = self._marks()
        if marks is None:
            return
        kept = {marks.best, *marks.pinned, *marks.history}
        rolling = [step for step in self.steps() if step not in kept]
        for step in rolling[: -self.keep]:
            self.path(step).unlink(missing_ok=True)


def _checksum(arrays: Mapping[str, NDArray[Any]]) -> int:
    crc = 0
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        crc = zlib.crc32(array.reshape(-1).view(np.uint8).data, zlib.crc32(name.encode(), crc))
    return crc


def _check_header(path: Path, step: int, arrays: Tensors) -> None:
    """Make sure that a fresh file opens and lists what was meant, before it takes its place."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            good = set(file.keys()) == set(arrays) and file.metadata()["step"] == str(step)
    except SafetensorError as error:
        raise Damaged(f"The checkpoint {path.name} did not read back: {error}.") from error
    if not good:
        raise Damaged(f"The checkpoint {path.name} did not read back as it was written.")


def _load(path: Path) -> Checkpoint:
    from safetensors import SafetensorError, safe_open

    hint = "Resume skips it and uses the newest intact one."
    if not path.is_file():
        raise StoreError(f"The checkpoint {path} does not exist.", "It may have been removed.")
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            names = file.keys()
            tensors = {name: file.get_tensor(name) for name in names}
        upgrade("checkpoint", {"format": int(metadata["format"])}, path)
        values = json.loads(metadata["values"])
        intact = int(metadata["crc32"]) == _checksum(tensors)
        step = int(metadata["step"])
    except FileNotFoundError as error:
        raise explain(error, path, "read") from error
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, RecursionError) as error:
        raise Damaged(f"The checkpoint {path} is damaged: {error}.", hint) from error
    if not intact:
        raise Damaged(f"The checkpoint {path} is damaged: its checksum is wrong.", hint)
    return Checkpoint(step, tensors, values)
