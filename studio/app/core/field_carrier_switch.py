"""The switch: a field says where particles go, a carrier is what goes, and both can be exchanged.

A family of the catalogue is a cell of the grid field x carrier. Pure functions from one run that
is being set up to another: everything that the person chose is kept, what the new family has no
place for is set aside, and comes back with a family that has.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from pushforward.studio.app.core import draft_spec
from pushforward.studio.methods import Method
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick, Recipe, RunSpec

__all__ = [
    "CARRIERS",
    "FIELDS",
    "FORMULAS",
    "FOUND",
    "GENERATOR",
    "HEADS",
    "KeptChoices",
    "Switched",
    "able",
    "allows",
    "cell",
    "choose",
    "data_for",
    "exchange",
    "first",
    "fits",
    "groups",
    "instead",
    "kinds_for",
    "others",
    "switch",
    "usual_model",
    "why_not",
]

FIELDS = {
    "score": "Score",
    "velocity": "Velocity",
    "score-difference": "Score difference",
    "critic": "Critic",
    "kernel": "Kernel",
    "exact": "Exact",
}
FORMULAS = {
    "score": "∇log p",
    "velocity": "E[x₀ − z | x_t]",
    "score-difference": "∇log p − ∇log q",
    "critic": "h′(d) ∇d",
    "kernel": "E_p k − E_q k",
    "exact": "p in closed form",
}
FOUND = {
    "score": "The score ∇log p, from a denoiser.",
    "velocity": "The mean velocity of the noise-to-data lines through x at time t.",
    "score-difference": "∇(log p − log q), from two denoisers: of the data and of the particles.",
    "critic": "The gradient of a critic d ≈ log p/q, rescaled by h.",
    "kernel": "The gradient of a kernel's witness function (MMD). Nothing is trained.",
    "exact": "The exact score ∇log p, for data of known density.",
}
"""How the velocity field is obtained."""
GENERATOR = "generator"
WITHOUT = ("flow", "particles")  # a generator, the one asked for first coming first
CARRIERS = (*WITHOUT, GENERATOR)
HEADS = {
    "flow": ("Flow along t", "trained once, applied to new noise"),
    "particles": ("Particles during training", "the samples themselves move"),
    GENERATOR: ("Generator", "one pass a sample"),
}
"""What a carrier is called over a column, and what it means."""
GROUPS = ("likelihood", "discrete", "sequential", "classify", "represent", "recommend")
"""What the other families do, from what is nearest to the grid on; unknown groups follow."""

# What the values of a setting are, by its kind; of the others it takes more to tell.
_TYPES = {
    "bool": bool,
    "text": str,
    "file": str,
    "data-choice": str,
    "run": Mapping,
    "part": Mapping,
}
# Why a cell of the grid is empty; the catalogue says that it is, mathematics why.
_EMPTY = {
    (
        "score",
        GENERATOR,
    ): "A generator also needs the score of its own samples: use Score GAN.",
    ("score", "particles"): "Without ∇log q all particles would collapse to the modes.",
    (
        "velocity",
        "particles",
    ): "It needs a path from noise to data along t, which samples alone do not determine.",
    (
        "score-difference",
        "flow",
    ): "The particles' distribution along t is known, so the score suffices.",
    ("kernel", "flow"): "Nothing is trained that could be applied to new noise.",
    ("exact", "particles"): "The field is known before training: particles move along t.",
}
# Where to look first when a generator, or its absence, is not to be had with a field.
_NEIGHBOURS = {"score": ("score-difference",), "exact": ("score-difference",)}


@dataclass(frozen=True)
class KeptChoices:
    """What the person chose and the present family has no place for.

    ``settings`` are values by path, unit and the network that they belong to, for whichever family
    has that setting; ``without`` says how particles moved when there was no generator last;
    ``picked`` are the settings of networks by the path of their pick and their slug; ``samplers``
    those of samplers by slug.
    """

    settings: Mapping[tuple[str, str, str], Any] = field(default_factory=dict)
    sampler: Pick | None = None
    without: str = ""
    picked: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    samplers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Switched:
    """The new spec, what it left out, and what to tell the person where the wish was not met as
    it was.
    """

    spec: RunSpec
    aside: KeptChoices
    note: str = ""


def fits(entry: EntrySpec, kind: str) -> bool:
    """Whether a family takes a kind of data."""
    return not kind or not entry.kinds or kind in entry.kinds


def kinds_for(method: Method, catalog: Catalog) -> Sequence[str]:
    """Return the kinds of data that a named method is for."""
    family = catalog.get("family", method.family.slug)
    return method.kinds or (family.kinds if family is not None else ())


def data_for(kinds: Iterable[str], catalog: Catalog, recipes: Iterable[Recipe]) -> EntrySpec | None:
    """Return the data set of some kinds that most recipes are on, or else the first of them; None
    where there is none.
    """
    wanted, used = set(kinds), Counter(recipe.run.dataset.slug for recipe in recipes)
    found = [each for each in catalog.entries_of("dataset") if set(each.kinds) & wanted]
    return max(found, key=lambda each: used[each.slug], default=None)


def usual_model(slug: str, kind: str, catalog: Catalog, recipes: Iterable[Recipe]) -> str:
    """Return the model to begin with on data of a kind: a given one if a recipe uses it on such
    data, else the one that most recipes use on them; the given one where no recipe has such data.
    """
    runs = [recipe.run for recipe in recipes]
    used = Counter(run.family.slug for run in runs if catalog.kind_of(run.dataset) == kind)
    return slug if slug in used or not used else used.most_common(1)[0][0]


def cell(catalog: Catalog, field: str, carrier: str, kind: str = "") -> list[EntrySpec]:
    """Return the families of a field and a carrier, those for a kind of data only; first those that
    need no other run, and of these those that can do most.
    """
    found = [
        entry
        for entry in catalog.entries_of("family")
        if entry.field == field and entry.carrier == carrier and fits(entry, kind)
    ]
    return sorted(found, key=lambda entry: (bool(entry.inputs), -len(entry.capabilities)))


def others(catalog: Catalog, kind: str = "") -> list[EntrySpec]:
    """Return the families that are no cell of the grid."""
    return [e for e in catalog.entries_of("family") if e.field not in FIELDS and fits(e, kind)]


def groups(catalog: Catalog) -> dict[str, list[EntrySpec]]:
    """Return the families outside the grid by what they do, in the order of `GROUPS`."""
    found: dict[str, list[EntrySpec]] = {}
    place = {group: at for at, group in enumerate(GROUPS)}
    for entry in sorted(others(catalog), key=lambda e: (place.get(e.group, len(place)), e.group)):
        found.setdefault(entry.group, []).append(entry)
    return found


def first(catalog: Catalog, kind: str) -> EntrySpec | None:
    """Return the family that a kind of data is learned with unless somebody chooses: the first of
    the grid that needs no other run, or else any that takes it.
    """
    cells = (cell(catalog, field, carrier, kind) for field in FIELDS for carrier in CARRIERS)
    found = [*(entry for each in cells for entry in each), *others(catalog, kind)]
    return min(found, key=lambda entry: bool(entry.inputs), default=None)


def instead(catalog: Catalog, entry: EntrySpec, kind: str) -> EntrySpec | None:
    """Return the family that takes a kind of data instead of one that does not: outside the grid
    one that does and can do the same, DiGress with types instead of DiGress; else the `first`.
    """
    alike = (
        each
        for each in others(catalog, kind)
        if each.group == entry.group and set(each.capabilities) == set(entry.capabilities)
    )
    found = next(alike, None) if entry.group and entry.field not in FIELDS else None
    return found or first(catalog, kind)


def able(spec: RunSpec, catalog: Catalog, aside: KeptChoices | None = None) -> Switched:
    """Return the spec with a family that supports its data type, its own if possible; unchanged if
    none does.
    """
    kind = catalog.kind_of(spec.dataset)
    now = draft_spec.entry_of(spec, "family", catalog)
    found = instead(catalog, now, kind) if now is not None else None
    if now is None or fits(now, kind) or found is None:
        return Switched(spec, aside or KeptChoices())
    note = f"{now.title} does not support {kind}: {found.title} does."
    return replace(choose(spec, catalog, found.slug, aside), note=note)


def why_not(catalog: Catalog, field: str, carrier: str, kind: str = "") -> str:
    """Return why a field and a carrier cannot be combined, "" where they can."""
    if cell(catalog, field, carrier, kind):
        return ""
    title = FIELDS.get(field, field)
    if cell(catalog, field, carrier):
        return f"{title} with this carrier does not support {kind} yet."
    if (field, carrier) in _EMPTY:
        return _EMPTY[field, carrier]
    return f"No model combines the field “{title}” with this carrier."


def switch(
    spec: RunSpec,
    catalog: Catalog,
    *,
    field: str | None = None,
    carrier: str | None = None,
    aside: KeptChoices | None = None,
) -> Switched:
    """Exchange the field, the carrier or both; where they do not go together, the nearest family
    is taken and the note says so. ``carrier`` "" means any without a generator.
    """
    aside = aside or KeptChoices()
    now = draft_spec.entry_of(spec, "family", catalog)
    kind = catalog.kind_of(spec.dataset)
    wanted_field = field or (now.field if now is not None else "")
    wanted_carrier = carrier if carrier is not None else (now.carrier if now is not None else "")
    for place in _nearest(wanted_field, wanted_carrier, aside, keep_field=field is not None):
        found = cell(catalog, *place, kind)
        if found:
            note = _note(catalog, wanted_field, wanted_carrier, place, kind)
            return replace(choose(spec, catalog, found[0].slug, aside), note=note)
    return Switched(spec, aside, why_not(catalog, wanted_field, wanted_carrier, kind))


def _nearest(
    field: str, carrier: str, aside: KeptChoices, *, keep_field: bool
) -> Iterator[tuple[str, str]]:
    """Yield cells from the requested to the farthest acceptable one. A requested field is kept; for
    a requested carrier, whether it is a generator.
    """
    if carrier == GENERATOR:
        alike: tuple[str, ...] = (GENERATOR,)
    elif carrier in WITHOUT:
        alike = (carrier, *(c for c in WITHOUT if c != carrier))
    else:
        alike = (aside.without, *WITHOUT) if aside.without else WITHOUT
    yield from ((field, c) for c in alike)
    if keep_field:
        yield from ((field, c) for c in CARRIERS)
        return
    order = (*_NEIGHBOURS.get(field, ()), *FIELDS)
    yield from ((other, c) for other in order for c in alike)


def _note(catalog: Catalog, field: str, carrier: str, place: tuple[str, str], kind: str) -> str:
    """Return a note if another cell than the requested one is used, otherwise ""."""
    taken_field, taken_carrier = place
    if taken_field != field:
        reason = why_not(catalog, field, carrier or WITHOUT[0], kind)
        return f"{reason} The field is now “{FIELDS[taken_field]}”."
    if carrier == GENERATOR and taken_carrier != GENERATOR:
        return f"{why_not(catalog, field, carrier, kind)} The generator is off now."
    if carrier in WITHOUT and taken_carrier == GENERATOR:
        return f"{why_not(catalog, field, carrier, kind)} The generator is on now."
    return ""


def choose(
    spec: RunSpec, catalog: Catalog, slug: str, aside: KeptChoices | None = None
) -> Switched:
    """Take another family and keep all else: name, data, training, metrics, and every setting whose
    path the new family has in the same unit and whose value it allows.
    """
    aside = aside or KeptChoices()
    old, new = draft_spec.entry_of(spec, "family", catalog), catalog.get("family", slug)
    if new is None or (old is not None and old.slug == slug):
        return Switched(spec, aside)
    wishes = _wishes(old, spec.family.config, aside.settings)
    sampler = spec.sampler or aside.sampler
    offered = {each.slug for each in draft_spec.samplers(new, catalog)}
    named = {each.name for each in new.inputs}
    made = msgspec.structs.replace(
        spec,
        family=Pick(slug=slug),
        sampler=sampler if sampler is not None and sampler.slug in offered else None,
        inputs={name: ref for name, ref in spec.inputs.items() if name in named},
    )
    for chosen in (True, False):  # what can be set follows from what is picked
        entry = draft_spec.entry_of(made, "family", catalog)
        for each in entry.fields if entry is not None else ():
            key = _key(each)
            if each.chooses == chosen and key in wishes and allows(each, wishes[key]):
                made = draft_spec.put(made, "family", each, wishes[key])
    free = old.carrier if old is not None and old.carrier in WITHOUT else aside.without
    return Switched(made, replace(aside, settings=wishes, sampler=sampler, without=free))


def exchange(
    spec: RunSpec,
    section: draft_spec.Section,
    chooser: FieldSpec,
    slug: str,
    aside: KeptChoices | None = None,
) -> Switched:
    """Pick another network for the family, or guidance for the sampler ("" for the one that the
    data prefer, or for none). Each keeps the settings that it was given, and has them again when it
    is picked again.
    """
    aside = aside or KeptChoices()
    path = chooser.path.removesuffix(".slug")
    table = msgspec.structs.replace(chooser, path=f"{path}.config", default={}, kind="table")
    config = draft_spec.config_of(spec, section)
    now = draft_spec.value_at(config, chooser) or chooser.meant
    made = draft_spec.put(spec, section, chooser, slug)
    if (slug or chooser.meant) == now:
        return Switched(made, aside)
    picked = {**aside.picked, (path, now): draft_spec.value_at(config, table)}
    again = picked.get((path, slug or chooser.meant), {})
    return Switched(draft_spec.put(made, section, table, again), replace(aside, picked=picked))


def _wishes(
    entry: EntrySpec | None, config: Mapping[str, Any], before: Mapping[tuple[str, str, str], Any]
) -> dict[tuple[str, str, str], Any]:
    """Return what the person set, by path and unit, over all families so far.

    A wish that the family could have had and has not was taken back here. One that equals its
    default leaves no trace in a config, so that nothing can be concluded from its absence.
    """
    wishes = dict(before)
    for each in entry.fields if entry is not None else ():
        if draft_spec.changed(config, each):
            wishes[_key(each)] = draft_spec.value_at(config, each)
        elif _taken_back(each, wishes):
            del wishes[_key(each)]
    return wishes


def _key(field: FieldSpec) -> tuple[str, str, str]:
    # A speed in another unit is another quantity, whatever it is called; so is the width of another
    # network.
    return field.path, field.unit, field.under


def _taken_back(field: FieldSpec, wishes: Mapping[tuple[str, str, str], Any]) -> bool:
    wish = wishes.get(_key(field), field.default)
    return bool(wish != field.default) and allows(field, wish)


def allows(field: FieldSpec, value: Any) -> bool:
    """Whether a setting can have a value, by its kind, its options and its bounds."""
    if value is None:
        return field.optional
    if field.kind == "choice":
        return value in [choice.value for choice in field.choices]
    if field.kind in _TYPES:
        return isinstance(value, _TYPES[field.kind])
    if field.kind == "list":
        one = msgspec.structs.replace(field, kind=field.items)
        many = isinstance(value, list) and len(value) >= field.fewest
        return many and all(allows(one, each) for each in value)
    numbers = int if field.kind == "int" else (int, float)
    if isinstance(value, bool) or not isinstance(value, numbers):
        return False
    return (
        (field.low is None or value >= field.low)
        and (field.high is None or value <= field.high)
        and (field.above is None or value > field.above)
        and (field.below is None or value < field.below)
    )
