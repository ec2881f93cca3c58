"""Open the bundled data files, with errors that name the file."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from pushforward.studio.engine.process.failures import Refused

__all__ = ["archive", "not_what_it_should_be"]


@contextmanager
def archive(path: Path, what: str) -> Iterator[Any]:
    """Yield the arrays of an NPZ file; ``what`` names its content in errors, for example "images".

    Raises:
        Refused: it is missing or damaged, as whatever is raised meanwhile shows; the path is
            "dataset".
    """
    try:
        # Opened here: numpy leaves a file open that turns out to be no archive.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            yield arrays
    except FileNotFoundError as error:
        raise Refused(
            f"{path.name} is missing from the installation.",
            "Reinstall the studio.",
            kind="data",
            path="dataset",
        ) from error
    except (ValueError, KeyError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise not_what_it_should_be(path, what, str(error)) from error


def not_what_it_should_be(path: Path, what: str, why: str) -> Refused:
    """Return the refusal of a file that does not hold what it should."""
    return Refused(
        f"{path} has invalid {what}: {why}.",
        "Install it again.",
        kind="data",
        path="dataset",
    )
