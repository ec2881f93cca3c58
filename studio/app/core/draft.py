"""The run that is being set up: its spec, and what the form and the engine found wrong with it."""

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.core.field_carrier_switch import KeptChoices
from pushforward.studio.app.core.runs import Floats
from pushforward.studio.methods import Method
from pushforward.studio.protocol.messages import ErrorInfo
from pushforward.studio.protocol.spec import Recipe, RunSpec

__all__ = ["Before", "Draft"]


@dataclass(frozen=True)
class Before:
    """A setup before it went to another kind of data; undone it can be while it is ``after``."""

    spec: RunSpec
    aside: KeptChoices
    after: RunSpec
    base: RunSpec


@dataclass
class Draft:
    """A run being set up.

    ``spec`` holds only settings that differ from the defaults. ``problems`` are errors found by the
    engine, ``local`` invalid input, by (section, path); ``points`` are the preview of the data,
    ``parts`` their further arrays; ``evaluations`` is the number of network evaluations per sample,
    None if unknown; ``schedule`` the noise schedule, as in `studio.protocol.commands.Validate`;
    ``resolved`` the spec with all defaults. ``aside`` keeps settings of other families, and
    ``note`` describes the last exchange of field or carrier. ``came`` is the initial spec,
    ``given`` the typed name, ``reset`` what the last change of data type reset, with the state
    ``before`` it. ``method`` is the last chosen method. ``base`` is the reference of changes:
    ``came`` on the current data. ``started`` is the spec of the last started run. ``first`` are the
    runs that a recipe trains before this one, by the input that they become, ``declined`` the
    inputs that are left out instead.
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
    aside: KeptChoices = field(default_factory=KeptChoices)
    note: str = ""
    came: RunSpec | None = None
    given: str = ""
    reset: tuple[str, ...] = ()
    before: Before | None = None
    method: Method | None = None
    base: RunSpec | None = None
    started: RunSpec | None = None
    first: dict[str, RunSpec] = field(default_factory=dict)
    declined: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.came = self.came or self.spec
        self.base = self.base or self.came

    @property
    def began(self) -> RunSpec:
        """The spec as it was when the setup was opened."""
        return self.came or self.spec

    @property
    def start(self) -> RunSpec:
        """The reference spec of changes."""
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
    def pending(self) -> dict[str, RunSpec]:
        """The runs that are trained before this one, as it is set up now."""
        return {
            name: each
            for name, each in self.trainable.items()
            if name not in self.spec.inputs and name not in self.declined
        }

    @property
    def trainable(self) -> dict[str, RunSpec]:
        """The runs that can be trained first: model and data are still those of the recipe."""
        began, spec = self.began, self.spec
        if (spec.dataset, spec.family.slug) != (began.dataset, began.family.slug):
            return {}
        return self.first

    @property
    def reasons(self) -> list[ErrorInfo]:
        """Why it cannot start, first what the form itself can tell."""
        return [*self.mistyped, *self.problems]
