"""The run that is being set up: its spec, and what the form and the engine found wrong with it."""

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.core.field_carrier_switch import Aside
from pushforward.studio.app.core.runs import Floats
from pushforward.studio.methods import Method
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Recipe, RunSpec

__all__ = ["Before", "Draft"]


@dataclass(frozen=True)
class Before:
    """A setup before it went to another kind of data; undone it can be while it is ``after``."""

    spec: RunSpec
    aside: Aside
    after: RunSpec
    base: RunSpec


@dataclass
class Draft:
    """A run being set up. ``spec`` holds only what differs from the defaults.

    ``problems`` are what the engine found wrong, ``local`` what was typed and cannot be taken, by
    (section, path); ``points`` are the preview of the chosen data, ``parts`` what else there is of
    each; ``evaluations`` counts those of networks that a sample takes, None where nobody knows;
    ``schedule`` is the path of its noise, as `studio.protocol.commands.Validate` answers it;
    ``resolved`` is the spec with all defaults, as the engine would run it. ``aside`` is what
    was set for other families, and ``note`` what there is to say of the last exchange of field or
    carrier. ``came`` is the spec as it was when the setup was opened, ``given`` the name that the
    person typed, and ``reset`` what the last change to another kind of data put back, with what
    there was ``before`` it. ``method`` is the named one that was chosen last. ``base`` is what
    changes are told from: ``came``, as it is on the data that are chosen now. ``started`` is the
    spec of the run that was started last.
    """

    spec: RunSpec
    recipe: Recipe | None = None
    problems: list[ErrorInfo] = field(default_factory=list)
    local: dict[tuple[str, str], Typed] = field(default_factory=dict)
    checked: bool = False
    resolved: RunSpec | None = None
    parameters: int | None = None
    bytes: int | None = None
    evaluations: int | None = None
    schedule: dict[str, list[float]] | None = None
    points: Floats | None = None
    parts: dict[str, NDArray[Any]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    aside: Aside = field(default_factory=Aside)
    note: str = ""
    came: RunSpec | None = None
    given: str = ""
    reset: tuple[str, ...] = ()
    before: Before | None = None
    method: Method | None = None
    base: RunSpec | None = None
    started: RunSpec | None = None

    def __post_init__(self) -> None:
        self.came = self.came or self.spec
        self.base = self.base or self.came

    @property
    def began(self) -> RunSpec:
        """The spec as it was when the setup was opened."""
        return self.came or self.spec

    @property
    def start(self) -> RunSpec:
        """The spec that changes are told from."""
        return self.base or self.began

    @property
    def edited(self) -> bool:
        """Whether a person has changed something that no run has yet."""
        return self.spec not in (self.began, self.started)

    @property
    def undoable(self) -> bool:
        """Whether the change to another kind of data can be undone without losing anything."""
        return self.before is not None and self.before.after == self.spec

    @property
    def mistyped(self) -> list[ErrorInfo]:
        """What the form itself can tell: texts that stand in it and cannot be taken."""
        return [
            ErrorInfo(kind="user", message=f"{typed.title} {typed.why}", path=f"{section}.{path}")
            for (section, path), typed in self.local.items()
        ]

    @property
    def reasons(self) -> list[ErrorInfo]:
        """Why it cannot start, first what the form itself can tell."""
        return [*self.mistyped, *self.problems]
