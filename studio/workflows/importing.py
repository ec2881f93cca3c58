"""Plan the import of files into a project."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.protocol.messages import ImportData
from pushforward.studio.store.names import name_of_data

__all__ = ["plan_import"]


def plan_import(
    files: Sequence[Path],
    found: Inspection,
    options: dict[str, Any],
    project: Path,
    *,
    name: str = "",
    seed: int = 0,
    validation: float = 0.1,
    test: float = 0.1,
) -> ImportData:
    """Return the request to import inspected files.

    Args:
        files: what was inspected.
        found: the result of the inspection.
        options: of the importer.
        project: the project folder, made if absent.
        name: of the data set; "" for one after the files.
        seed: of the division into training, validation and test rows.
        validation: fraction of the rows for validation.
        test: fraction of the rows for testing.
    """
    project = project.expanduser().absolute()
    # The importer of some files only knows how many rows there are when it has read all of them.
    item = next((item for item in found.items if item.name == options.get("item")), None)
    return ImportData(
        files=[str(path) for path in files],
        project=str(project),
        name=name or _free_name(project, files),
        importer=found.importer,
        options=options,
        expected=found.rows if item is None else item.rows,
        notes=[*found.notes, *(item.notes if item is not None else [])],
        seed=seed,
        validation=validation,
        test=test,
    )


def _free_name(project: Path, files: Sequence[Path]) -> str:
    data = project / "data"
    return name_of_data(files, [each.name for each in data.iterdir()] if data.is_dir() else [])
