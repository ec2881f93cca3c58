"""Export a trained model in one of `studio.formats.model_exports.FORMATS`."""

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.engine.run.destination import check_destination
from pushforward.studio.formats.model_exports import FORMATS, ModelFormat, find_format
from pushforward.studio.store.atomic import partial_path, replacing, sync_folder
from pushforward.studio.store.errors import explain
from pushforward.studio.store.run import RunFolder

__all__ = ["CONFIG", "Request", "check_export", "export_model"]

CONFIG = "config.json"
"""The file that every exported folder has, by which it is recognised when it is replaced."""


@dataclass(frozen=True)
class Request:
    """What is exported: a run at the newest checkpoint up to ``step``, averaged over ``length``."""

    run: RunFolder
    step: int | None = None
    length: float | None = None


Write: TypeAlias = Callable[[Request, Path], str]
"""Write a request to a path that does not exist yet; return a sentence about the result."""


def export_model(request: Request, slug: str, destination: Path, *, overwrite: bool = False) -> str:
    """Write a trained model to a file or a folder; return a sentence about the result.

    Raises:
        Refused: there is no such format, the destination is taken, or the model cannot be written.
        StoreError: the disk refused.
    """
    found = check_export(slug, destination, overwrite=overwrite)
    write: Write = import_module(f"pushforward.studio.engine.exports.{slug}").write
    if found.suffix:
        with replacing(destination) as temporary:
            return write(request, temporary)
    return _write_folder(write, request, destination)


def check_export(slug: str, destination: Path, *, overwrite: bool) -> ModelFormat:
    """Return the format of an export that can begin.

    Raises:
        Refused: it cannot; the path names the field.
    """
    found = find_format(slug)
    if found is None:
        known = ", ".join(each.slug for each in FORMATS)
        raise Refused(f"There is no format {slug!r}.", f"Use one of {known}.", path="format")
    if found.suffix and destination.suffix.lower() != found.suffix:
        hint = f"Call it {destination.stem}{found.suffix}."
        raise Refused(f"{found.title} is written as {found.suffix}.", hint, path="file")
    if found.extra and importlib.util.find_spec(found.extra) is None:
        hint = f"Install it: pip install 'pushforward[{found.extra}]'"
        raise Refused(f"{found.title} needs a package that is not installed.", hint, path="format")
    check_destination(destination, overwrite)
    if not found.suffix and os.path.lexists(destination) and not _is_export(destination):
        raise Refused(
            f"{destination} is not an exported model.",
            "Only such a folder is replaced: choose another name.",
            path="file",
        )
    return found


def _is_export(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and (folder / CONFIG).is_file()


def _write_folder(write: Write, request: Request, destination: Path) -> str:
    """Fill a folder under a hidden name, and rename it."""
    temporary, old = partial_path(destination), partial_path(destination)
    try:
        temporary.mkdir()
        sentence = write(request, temporary)
        if os.path.lexists(destination):
            destination.rename(old)
        temporary.rename(destination)
        sync_folder(destination.parent)
    except OSError as error:
        raise explain(error, destination) from error
    finally:
        for each in (temporary, old):
            shutil.rmtree(each, ignore_errors=True)
    return sentence
