"""The sweeps of a project: ``sweeps/NAME.toml``."""

from pathlib import Path
from typing import TypeVar

import msgspec

from pushforward.studio.store.atomic import make_folder
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.names import slug
from pushforward.studio.store.text import read_toml, write_toml

__all__ = ["list_sweeps", "new_sweep_name", "read_sweep", "write_sweep"]

T = TypeVar("T", bound=msgspec.Struct)


def list_sweeps(project: Path) -> list[str]:
    """Return the names of the sweeps of a project."""
    return sorted(path.stem for path in (project / "sweeps").glob("*.toml"))


def new_sweep_name(project: Path, base: str) -> str:
    """Return a name that no sweep of a project has: "edm-two-moons", "edm-two-moons-2"."""
    base, known = slug(base, "sweep"), set(list_sweeps(project))
    names = (base if n == 1 else f"{base}-{n}" for n in range(1, len(known) + 2))
    return next(name for name in names if name not in known)


def write_sweep(project: Path, name: str, sweep: msgspec.Struct) -> Path:
    """Write a sweep, and return its file.

    Raises:
        StoreError: the disk refused.
    """
    make_folder(project / "sweeps")
    path = project / "sweeps" / f"{name}.toml"
    write_toml(path, sweep)
    return path


def read_sweep(project: Path, name: str, kind: type[T]) -> T:
    """Read a sweep of a project.

    Raises:
        StoreError: there is none of that name, or it is damaged.
    """
    path = project / "sweeps" / f"{slug(name, 'sweep')}.toml"
    if not path.is_file():
        known = ", ".join(list_sweeps(project)) or "none"
        raise StoreError(f"{project} has no sweep {name!r}.", f"Its sweeps: {known}.", kind="user")
    return read_toml(path, kind, "sweep")
