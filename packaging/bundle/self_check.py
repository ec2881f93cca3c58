"""The hidden command `self-check` of a bundle: import every module that we ship."""

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Iterator

from excluded import EXCLUDED, EXTRA

__all__ = ["COMMAND", "check_modules", "find_modules"]

COMMAND = "self-check"
PACKAGE = "pushforward"


def find_modules(package: str = PACKAGE) -> Iterator[str]:
    """Yield the names of a package and of all modules below it, except those that run on import."""
    yield package
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        name = f"{package}.{module.name}"
        if module.name == "__main__":
            continue
        if module.ispkg:
            yield from find_modules(name)
        else:
            yield name


def check_modules(package: str = PACKAGE) -> int:
    """Import each module, print what fails and how many there are; return 1 if one failed.

    A module that needs an optional extra, which a bundle does not have, is no failure.
    """
    failed, count, without = [], 0, 0
    for name in find_modules(package):
        count += 1
        try:
            importlib.import_module(name)
        except Exception as error:
            if isinstance(error, ModuleNotFoundError) and EXCLUDED.get(error.name or "") == EXTRA:
                without += 1
                continue
            failed.append(name)
            print(f"{name}\n{traceback.format_exc()}", file=sys.stderr)
    print(f"{count} modules, {len(failed)} failed, {without} need an extra", *failed, sep="\n  ")
    return int(bool(failed))
