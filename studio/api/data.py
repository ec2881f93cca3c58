"""Your own data: add arrays, data frames and files to a project."""

import re
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from pushforward.studio.api.errors import PushforwardError, translated

__all__ = ["add", "datasets"]


def add(
    name: str,
    data: Any,
    *,
    labels: Any = None,
    out: str | Path | None = None,
    validation: float = 0.1,
    test: float = 0.1,
    seed: int = 0,
    **options: Any,
) -> str:
    """Add a data set to a project.

    Args:
        name: of the data set.
        data: an array (n, d) of points or (n, channels, height, width) or (n, height, width, 3) of
            images; a data frame; or a file or folder of any format that the window imports.
        labels: (n,) the class of each row of an array.
        out: the project folder, made if absent; ./pushforward-runs by default.
        validation: fraction of the rows that metrics are measured with.
        test: fraction of the rows for a last test.
        seed: of the division into these parts.
        options: of the importer, such as ``side=32`` for images; ``pushforward import --look``
            lists those of a file.

    Returns:
        The name by which `pushforward.train` knows it, such as "project:mine" in
        ``train("edm@project:mine")``.

    Raises:
        PushforwardError: the data cannot be imported; the message says why.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        raise PushforwardError(f"{name!r} is no name of a data set.", "Use letters, digits and -.")
    with translated(), tempfile.TemporaryDirectory(prefix="pushforward-") as folder:
        file = _as_file(name, data, labels, Path(folder))
        return _import(name, file, out, validation, test, seed, options)


def datasets(project: str | Path | None = None) -> list[str]:
    """Return the names of the data sets of a project, such as "project:mine"."""
    from pushforward.studio.store.project import Project
    from pushforward.studio.workflows.target import DEFAULT_PROJECT

    with translated():
        found = Project.open(Path(project or DEFAULT_PROJECT)).datasets()
    return [f"project:{each.path.name}" for each in found]


def _as_file(name: str, data: Any, labels: Any, folder: Path) -> Path:
    """Return the file to import: the one that is named, or a temporary one."""
    if isinstance(data, str | Path):
        if labels is not None:
            raise PushforwardError("labels are for arrays.", "A file has its own.")
        return Path(data).expanduser().absolute()
    if hasattr(data, "to_csv"):  # a data frame of pandas, or what behaves as one
        if labels is not None:
            raise PushforwardError("labels are for arrays.", "Add them to the data frame.")
        file = folder / f"{name}.csv"
        data.to_csv(file, index=False)
        return file
    x = np.asarray(data)
    if x.dtype.kind not in "fiub" or x.ndim < 2:
        raise PushforwardError(
            f"{name}: an array of shape {x.shape} and type {x.dtype} is no data set.",
            "Use numbers of shape (n, d), images (n, c, h, w), a data frame or a file.",
        )
    arrays = {"x": x}
    if labels is not None:
        arrays["label"] = np.asarray(labels)
        if arrays["label"].shape != (len(x),):
            shape = arrays["label"].shape
            raise PushforwardError(f"{name}: labels must be ({len(x):,},), not {shape}.")
    file = folder / f"{name}.npz"
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file


def _import(
    name: str,
    file: Path,
    out: str | Path | None,
    validation: float,
    test: float,
    seed: int,
    options: dict[str, Any],
) -> str:
    from pushforward.studio.api.operations import drive
    from pushforward.studio.engine.data import file_reader
    from pushforward.studio.engine.jobs.import_job import ImportJob
    from pushforward.studio.engine.process.discovery import discover
    from pushforward.studio.workflows.importing import plan_import
    from pushforward.studio.workflows.target import DEFAULT_PROJECT

    if not file.exists():
        raise PushforwardError(f"There is no file {file}.")
    discover()
    files = [file]
    seen = file_reader.inspect(files)
    files = [Path(seen.instead)] if seen.instead else files
    found = file_reader.inspect(files, seen.importer, options)
    good = [item.name for item in found.items if not item.problems]
    if found.problems and not good:
        raise PushforwardError(f"{name} cannot be imported: {' '.join(found.problems)}")
    if len(found.items) > 1 and good:
        options = {"item": good[0], **options}
    wanted = plan_import(
        files, found, options, Path(out or DEFAULT_PROJECT), name=name, seed=seed,
        validation=validation, test=test,
    )  # fmt: skip
    job = drive(lambda sink: ImportJob("import", wanted, sink))
    return f"project:{job.name}"
