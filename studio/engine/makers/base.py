"""Interface of makers: external programs that generate new data in their own process.

Add a maker as one file here, with ``@maker`` on a class. Its files are imported as any others, with
their provenance. The program is started and never imported, so its licence may differ from that of
the studio.
"""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pushforward.models.config import Config

__all__ = ["Maker", "Program", "maker", "makers"]

C = TypeVar("C", bound=Config)
M = TypeVar("M", bound="type[Maker[Any]]")
_makers: dict[str, "Maker[Any]"] = {}


@dataclass(frozen=True)
class Program:
    """One file to be made: the command, which prints how many rows it has as lines of JSON,
    ``{"<rows>": 12}``, and ends with status 0.

    Attributes:
        command: the words of it.
        file: that it writes.
        count: how many rows there will be.
    """

    command: Sequence[str]
    file: Path
    count: int


class Maker(ABC, Generic[C]):
    """One way to make data.

    Attributes:
        slug: its name in commands.
        kind: of the data.
        title: what it does, a verb first.
        summary: in a sentence or two, for people.
        source: author, year and identifier.
        config: its settings.
        importer: that takes its files.
        rows: under which name its programs say how far they are.
        called: what data are from, "PYTHIA and FastJet".
    """

    slug: ClassVar[str]
    kind: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str]
    config: type[C]
    importer: ClassVar[str]
    rows: ClassVar[str]
    called: ClassVar[str]

    @abstractmethod
    def why_not(self) -> str:
        """Say why it cannot be used here, and what to do about it, "" if it can."""

    @abstractmethod
    def programs(self, config: C, folder: Path) -> list[Program]:
        """Return the programs to run, in order; they write to the folder.

        Raises:
            ConfigError: incompatible settings.
        """

    @abstractmethod
    def note(self, program: Program, about: Mapping[str, Any]) -> str:
        """Return a note on the provenance of a file, from the last output of its program
        ("about").
        """


def maker(cls: M) -> M:
    """Register a maker class (a decorator)."""
    made = cls()
    _makers[made.slug] = made
    return cls


@cache
def makers() -> dict[str, Maker[Any]]:
    """Return all makers by slug."""
    package = importlib.import_module("pushforward.studio.engine.makers")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return dict(sorted(_makers.items()))
