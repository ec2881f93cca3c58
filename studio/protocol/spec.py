"""What a run is, before it starts: frozen when it is queued, written to ``run.toml`` resolved."""

from typing import Any, Literal

import msgspec

__all__ = [
    "GUIDANCE",
    "IMPORTED_KIND",
    "KIND",
    "PROJECT_PREFIX",
    "ChangeSetting",
    "Edit",
    "EditPoints",
    "Pick",
    "Recipe",
    "RecipeRace",
    "Rival",
    "RunRef",
    "RunSpec",
    "UndoPoints",
    "led_by",
    "project_name",
    "racers",
    "run_name",
]


GUIDANCE = "guidance"
"""The setting of a sampler that says what leads its samples: a slug and a config."""
KIND = "kind"
"""The setting of an imported data set's pick that gives its data type."""
IMPORTED_KIND = "points"
"""What imported data sets are where their pick does not say otherwise."""
PROJECT_PREFIX = "project:"
"""What the slug of an imported data set begins with; its name follows."""


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """A registry entry and its settings; missing settings take their default.

    A data set's slug may also be `PROJECT_PREFIX` and a name: a data set imported into the project,
    whose `KIND` is in the config unless it is the usual one. ``version`` is that of the settings,
    None if unknown: they are read as current or older ones by their form.
    """

    slug: str
    config: dict[str, Any] = {}
    version: int | None = None


def project_name(slug: str) -> str | None:
    """Return the name of an imported data set by its slug, None for a registered one."""
    return slug.removeprefix(PROJECT_PREFIX) if slug.startswith(PROJECT_PREFIX) else None


class _Edit(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    step: int


class ChangeSetting(_Edit, frozen=True, kw_only=True, tag="setting"):
    """From after ``step`` on, a live setting of the family has another value.

    ``path`` is dotted and relative to the family's config ("rescaling", "penalty").
    """

    path: str
    value: Any


class EditPoints(_Edit, frozen=True, kw_only=True, tag="points"):
    """After ``step``, target points are added around a place, moved or removed, in data units.

    action: "add" (``count`` points, normal around ``centre`` with standard deviation ``radius``,
    drawn from ``seed``), "move" (those within ``radius`` of ``centre``, by ``offset``) or
    "remove" (those within ``radius``). The first edit of points that were drawn fresh for each
    batch makes the target the finite set that the run shows.
    """

    action: str
    centre: tuple[float, float]
    radius: float
    offset: tuple[float, float] = (0.0, 0.0)
    count: int = 0
    seed: int = 0


class UndoPoints(_Edit, frozen=True, kw_only=True, tag="undo-points"):
    """After ``step``, the newest edit of points that is not yet undone is taken back."""


Edit = ChangeSetting | EditPoints | UndoPoints
"""A change during a training: part of the run, replayed with it."""


class RunRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run of the same project, by the name of its folder, and the step of a checkpoint; None for
    the newest of a finished run.
    """

    run: str
    step: int | None = None


class RunSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The complete specification of a training: the same spec gives the same losses on a CPU, and
    on a GPU with ``training.deterministic``.

    ``training`` holds the settings of the catalogue entry of kind "training" (steps, batch, seed,
    device, intervals). ``edits`` are changes at later steps, in order; edits made during a run are
    in its ``events.jsonl`` instead. ``inputs`` are the trained runs that it learns from, by the
    names of its family. ``follow_up`` is an operator whose result is shown once the training has
    finished; it changes nothing of the run.
    """

    name: str
    family: Pick
    dataset: Pick
    training: dict[str, Any] = {}
    sampler: Pick | None = None
    metrics: list[Pick] = []
    edits: list[Edit] = []
    inputs: dict[str, RunRef] = {}
    follow_up: Pick | None = None


def led_by(spec: RunSpec) -> dict[str, RunRef]:
    """Return the runs that lead the samples of a run, by the settings of the guidance of its
    sampler that name them.
    """
    led = spec.sampler.config.get(GUIDANCE) if spec.sampler is not None else None
    config = led.get("config", {}) if isinstance(led, dict) else {}
    named = {k: v for k, v in config.items() if isinstance(v, dict) and v.get("run")}
    return {name: msgspec.convert(ref, RunRef) for name, ref in named.items()}


def run_name(spec: RunSpec, method: str = "") -> str:
    """Return the default name of a run: its model or named method, and its data."""
    return f"{method or spec.family.slug}-{spec.dataset.slug.removeprefix(PROJECT_PREFIX)}"


class Rival(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who races with the run of a recipe: another model, on its data; ``training`` has what differs
    from its settings.
    """

    family: Pick
    sampler: Pick | None = None
    training: dict[str, Any] = {}


class RecipeRace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recipe that is a race: with whom its run competes, and what each may spend, ``kind`` and
    ``amount`` as in a `studio.protocol.commands.Budget`.
    """

    kind: Literal["steps", "seconds", "samples"]
    amount: float
    rivals: list[Rival]


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recipe (``resources/recipes/<slug>.toml`` with a ``.png`` thumbnail). It is found by its
    ``methods`` and ``questions``; ``start`` marks recipes for newcomers, ``gpu`` those that need a
    GPU. With a ``race``, ``run`` is the first participant. ``first`` names by input of the run the
    recipe that is trained first where no finished run can be that input.
    """

    slug: str
    title: str
    summary: str
    teaches: str
    source: str
    kind: str
    expected_seconds: float
    order: int = 100
    methods: list[str] = []
    questions: list[str] = []
    start: bool = False
    gpu: bool = False
    run: RunSpec
    race: RecipeRace | None = None
    first: dict[str, str] = {}


def racers(recipe: Recipe) -> list[RunSpec]:
    """Return the runs of a recipe: its own and its rivals, each named after itself."""
    first, found = recipe.run, [recipe.run]
    for rival in recipe.race.rivals if recipe.race is not None else ():
        spec = msgspec.structs.replace(
            first,
            family=rival.family,
            sampler=rival.sampler,
            training={**first.training, **rival.training},
        )
        found.append(msgspec.structs.replace(spec, name=run_name(spec)))
    return found
