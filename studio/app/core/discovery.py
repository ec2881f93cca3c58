"""Import the parts of the window that are found by name: data types, lenses and labs.

Parts of our own are modules whose last name says what they are, such as ``type`` or ``film_lab``.
A plug-in names its modules as entry points of the group ``pushforward.app``.
"""

import importlib
import pkgutil
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from types import ModuleType

__all__ = ["PLUGINS", "Failure", "load_modules"]

PLUGINS = "pushforward.app"
_APP = __name__.rpartition(".core.")[0]


@dataclass(frozen=True)
class Failure:
    """A module that could not be imported."""

    module: str
    why: str
    details: str


def load_modules(
    folders: Sequence[str], endings: tuple[str, ...]
) -> Iterator[ModuleType | Failure]:
    """Import the modules below some folders of the app whose names end so, then those of plug-ins.

    Args:
        folders: packages inside ``studio.app``, for example ``"data_types"``.
        endings: last names of modules (``"type"``), or how they end (``"_type"``).
    """
    names = [name for folder in folders for name in _modules(f"{_APP}.{folder}")]
    own = [name for name in names if _ends_with(name, endings)]
    plugins = [plugin.value for plugin in entry_points(group=PLUGINS)]
    for name in dict.fromkeys([*own, *plugins]):
        try:
            yield importlib.import_module(name)
        except Exception as error:
            # A third party's file may fail in any way; the boundary of discovery reports it.
            yield Failure(name, f"{type(error).__name__}: {error}", traceback.format_exc())


def _modules(package: str) -> Iterator[str]:
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        name = f"{package}.{module.name}"
        if module.ispkg:
            yield from _modules(name)
        else:
            yield name


def _ends_with(name: str, endings: tuple[str, ...]) -> bool:
    last = name.rpartition(".")[2]
    return any(last == end or (end.startswith("_") and last.endswith(end)) for end in endings)
