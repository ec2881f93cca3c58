"""Results of operators: numbered folders ``results/0001-generate/``.

A result has arrays by name (``arrays.h5``), the user's input rows by slot (``handed.h5``, if any)
and the request (``result.json``), enough to repeat it, and ``label.toml``. The folder is filled
under a hidden name and renamed, so an interrupted operation leaves nothing.
"""

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pushforward.studio.protocol.label import Label
from pushforward.studio.store import hdf5
from pushforward.studio.store.atomic import make_folder, partial_path, sync_folder
from pushforward.studio.store.contents import read_arrays
from pushforward.studio.store.errors import StoreError, explain
from pushforward.studio.store.migrate import CURRENT
from pushforward.studio.store.text import read_json, read_toml, write_json, write_toml

__all__ = ["ResultFolder", "ResultRecord", "Results"]

LABEL = "label.toml"
_NEVER = datetime.fromtimestamp(0, UTC)
_NAME = re.compile(r"(\d{4,})-.+")
Arrays = Mapping[str, NDArray[Any]]


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class ResultRecord(msgspec.Struct, frozen=True, kw_only=True):
    """``result.json``: the request of a result.

    ``config`` are all settings of the operator; ``given`` the chosen conditions with ``units``,
    ``taken`` those from rows of the data (``taken_from``); ``handed`` the number of input rows by
    slot. ``step`` is that of the weights, ``length`` their averaging length if not the run's own,
    ``spec_hash`` the SHA-256 of the run's spec up to there; ``versions`` are of packages. ``note``
    is a remark; ``classes`` are the names of "label" values.
    """

    operator: str
    title: str
    run: str
    step: int
    length: float | None = None
    config: dict[str, Any] = {}
    given: dict[str, Any] = {}
    units: dict[str, str] = {}
    taken: list[str] = []
    taken_from: str = ""
    handed: dict[str, int] = {}
    spec_hash: str = ""
    seconds: float = 0.0
    note: str = ""
    created: datetime = msgspec.field(default_factory=_now)
    versions: dict[str, str] = {}
    classes: list[str] = []
    format: int = CURRENT["result"]

    @property
    def provenance(self) -> dict[str, Any]:
        """Provenance to write with arrays, as plain JSON."""
        said = {
            "operator": self.operator,
            "run": self.run,
            "step": self.step,
            "length": "" if self.length is None else self.length,
            **self.config,
            "given": self.given,
            "units": self.units,
            "handed": self.handed,
            "taken": self.taken,
            "taken_from": self.taken_from,
            "note": self.note,
            "classes": self.classes,
        }
        return {name: value for name, value in said.items() if value not in ("", {}, [])}


class ResultFolder:
    """One result, by path."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    @property
    def name(self) -> str:
        """The folder's name, number first: "0001-generate"."""
        return self.path.name

    @property
    def arrays(self) -> Path:
        """The file of the arrays, as `studio.store.samples.SampleSets.read` reads one."""
        return self.path / "arrays.h5"

    @property
    def input_path(self) -> Path:
        """The file of the user's input rows; missing without input, or for results of earlier
        versions.
        """
        return self.path / "handed.h5"

    @property
    def has_rows(self) -> bool:
        """Whether it is rows of data, and not only what was found of some.

        Raises:
            StoreError: it is missing or damaged.
        """
        with hdf5.opened(self.arrays) as file:
            return "x" in file

    @cached_property
    def record(self) -> ResultRecord:
        """What ``result.json`` says; read once, since it never changes.

        Raises:
            StoreError: it is missing or damaged.
        """
        return read_json(self.path / "result.json", ResultRecord)

    def label(self) -> Label:
        """Return the user's label of the result, empty if there is none.

        Raises:
            StoreError: it is damaged, or of a later version.
        """
        path = self.path / LABEL
        return read_toml(path, Label, "label") if path.exists() else Label()

    def write_label(self, label: Label) -> None:
        """Replace the label.

        Raises:
            StoreError: the result is gone, the disk refused, or the label is of a later version.
        """
        _ = self.record  # one that is gone is not made anew
        self.label()
        write_toml(self.path / LABEL, label)


class Results:
    """All results of one run. Several processes may write at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def all(self) -> list[ResultFolder]:
        """Return the results in order of number."""
        if not self.folder.is_dir():
            return []
        named = ((_NAME.fullmatch(path.name), path) for path in self.folder.iterdir())
        return [ResultFolder(path) for _, path in sorted((int(m[1]), p) for m, p in named if m)]

    def get(self, name: str) -> ResultFolder:
        """Return the result of a name, whether or not it is there."""
        return ResultFolder(self.folder / Path(name).name)

    def same(self, record: ResultRecord, arrays: Arrays) -> ResultFolder | None:
        """Return the result that says of the same question the same already, the newest; None where
        there is none that can be read.
        """
        for result in reversed(self.all()):
            try:
                if _asks(result.record) == _asks(record) and _holds(result.arrays, arrays):
                    return result
            except (StoreError, OSError):
                continue  # what is damaged is no answer
        return None

    def write(
        self,
        record: ResultRecord,
        arrays: Arrays,
        columns: Sequence[str] = (),
        handed: Arrays | None = None,
    ) -> ResultFolder:
        """Write a result under the next free number.

        Args:
            record: the request.
            arrays: by name; "x" are rows of data, in data units.
            columns: the names of x, as `models.contracts.data.RowSource.columns`: of the numbers of
                a row, or of its symbols or types.
            handed: the user's input rows, by slot.

        Raises:
            StoreError: the disk refused (`DiskFull`: there is no room).
        """
        make_folder(self.folder)
        hidden = partial_path(self.folder / "result")
        try:
            hidden.mkdir()
            hdf5.write(
                hidden / "arrays.h5", lambda file: _fill(file, record.provenance, arrays, columns)
            )
            if handed:
                hdf5.write(hidden / "handed.h5", lambda file: _fill(file, {}, handed, ()))
            write_json(hidden / "result.json", record)
            return ResultFolder(self._publish(hidden, record.operator))
        except OSError as error:
            raise explain(error, self.folder) from error
        finally:
            shutil.rmtree(hidden, ignore_errors=True)

    def _publish(self, hidden: Path, operator: str) -> Path:
        """Rename a filled folder to the next free number."""
        number = max(self._numbers(), default=0)
        while True:
            number += 1
            claim = self.folder / f".{number:04d}"
            try:
                claim.mkdir()
            except FileExistsError:
                continue
            try:
                if number in self._numbers():
                    continue  # another has just come to its end
                target = self.folder / f"{number:04d}-{operator}"
                hidden.rename(target)
                sync_folder(self.folder)
                return target
            finally:
                claim.rmdir()

    def _numbers(self) -> set[int]:
        names = (_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return {int(m[1]) for m in names if m}


def _asks(record: ResultRecord) -> ResultRecord:
    """Return a record without the fields that differ between identical requests."""
    return msgspec.structs.replace(record, seconds=0.0, created=_NEVER, note="", title="", run="")


def _holds(path: Path, arrays: Arrays) -> bool:
    """Whether a file has just these arrays."""
    with hdf5.opened(path) as file:
        found = read_arrays(file, skip=("provenance",))
    if set(found) != set(arrays):
        return False
    return all(_equal(found[name], np.asarray(x)) for name, x in arrays.items())


def _equal(one: NDArray[Any], other: NDArray[Any]) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _fill(file: Any, said: Mapping[str, Any], arrays: Arrays, columns: Sequence[str]) -> None:
    file.attrs["format"] = CURRENT["samples"]
    # A data set, since attributes end at 64 kB.
    file["provenance"] = json.dumps(said)
    for name, values in arrays.items():
        checked = {"chunks": True, "fletcher32": True} if values.size and values.ndim else {}
        made = file.create_dataset(name, data=np.ascontiguousarray(values), **checked)
        if name == "x" and columns:
            hdf5.put_columns(made, columns)
