"""The newest metric values of a run as text: value, reference, step. Pure."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from pushforward.studio.app.core.latest_metrics import newest_figure
from pushforward.studio.app.core.run_verdict import Stand, compare_metric_with_floor
from pushforward.studio.app.core.runs import PHASE, RunState
from pushforward.studio.app.text import metric_reference, number_format
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.curve_names import COST, QUALITY
from pushforward.studio.protocol.spec import ChangeSetting

__all__ = ["Figure", "figures", "grouped", "interval", "outdated"]

MORE, TRAINING = "Quality", "Training"
NATS = "A nat is 1.44 bits."


@dataclass(frozen=True)
class Figure:
    """A metric value of a run.

    Attributes:
        name: display name.
        slug: of its metric, "" for values of the training.
        value: formatted, with its unit.
        between: 95 % interval, "" if unknown.
        floor: reference with its name, "" for none.
        step: at which it was measured.
        n: number of samples, None if unknown.
        phase: phase of the training, "" for the current one.
        old: since when and why it is not measured; "" if it is.
        stale: whether it is far behind the training.
        stand: how it compares with its floor.
        tip: explanation of its metric.
        counts: whether it enters the verdict.
    """

    name: str
    slug: str
    value: str
    between: str
    floor: str
    step: int
    n: int | None
    phase: str
    old: str
    stale: bool
    stand: Stand
    tip: str
    counts: bool = True

    @property
    def near(self) -> bool:
        """Whether it is within its noise floor."""
        return self.stand == "same"

    @property
    def when(self) -> str:
        """Return its step and number of samples, with a warning if few."""
        few = metric_reference.few(self.n)
        of = f"n = {self.n:,}{f': {few}' if few else ''}" if self.n is not None else ""
        phase = f"of the {self.phase}" if self.phase else ""
        said = ", ".join(filter(None, [f"at step {self.step:,}", of, phase]))
        return "; ".join(filter(None, [said, self.old]))

    @property
    def context(self) -> str:
        """Return its interval, its reference, and whether it counts for no verdict."""
        between = f"95\u00a0%: {self.between}" if self.between else ""
        return "; ".join(filter(None, [between, self.floor, "" if self.counts else "no verdict"]))

    @property
    def note(self) -> str:
        """Return its reference and number of samples, and the step if older than others."""
        of = f"n\u00a0=\u00a0{self.n:,}" if self.n is not None else ""
        at = f"at step {self.step:,}" if self.old else ""
        return ", ".join(filter(None, [self.floor, of, metric_reference.few(self.n), at, self.old]))


def figures(
    run: RunState,
    name_of: Callable[[str], str],
    entry_of: Callable[[str], EntrySpec | None] = lambda slug: None,
    family: EntrySpec | None = None,
) -> list[Figure]:
    """Return the newest figures of a run, quality before the family's own curves, which are in the
    units that the ``family`` says.
    """
    names = sorted(run.series, key=lambda name: (not name.startswith(QUALITY), name))
    shown = (n for n in names if len(run.series[n]) and not n.startswith(COST) and n != PHASE)
    units = family.units if family is not None else {}
    return [_figure(run, name, name_of(name), entry_of, units.get(name, "")) for name in shown]


def _figure(
    run: RunState,
    name: str,
    title: str,
    entry_of: Callable[[str], EntrySpec | None],
    unit: str,
) -> Figure:
    series = run.series[name]
    at, value = int(series.steps[-1]), float(series.values[-1])
    phase = run.phase_at(at)
    beside = phase >= 0 and phase != run.phase_at(run.step)  # what another one makes now
    late = metric_reference.is_outdated(at, run.step)
    of = run.phases[phase].name if beside else ""
    if not name.startswith(QUALITY):
        said, tip = f"{number_format.figure(value)} {unit}".rstrip(), NATS if unit == "nats" else ""
        return Figure(title, "", said, "", "", at, None, of, "", late, "", tip)
    slug = name.removeprefix(QUALITY)
    entry, old, found = entry_of(slug), outdated(run, name), newest_figure(run, slug)
    assert found is not None  # as there is a series of it
    late = metric_reference.is_outdated(found.step, run.step)
    return Figure(
        name=title,
        slug=slug,
        value=metric_reference.measured(entry, found.value),
        between=interval(run, slug),
        floor=metric_reference.bar(entry, found.floors, slug),
        step=found.step,
        n=found.n,
        phase=of,
        old=old,
        stale=bool(old) or late,
        stand=compare_metric_with_floor(entry, found.floors, slug, found.value, found.n),
        tip=metric_reference.explained(entry),
        counts=entry is None or not entry.conditional,
    )


def grouped(
    rows: Sequence[Figure], groups: Mapping[str, Sequence[str]], *, but: Collection[str] = ()
) -> list[tuple[str, list[Figure]]]:
    """Return figures in the groups of slugs that a kind of data declares, then those of other
    metrics, then what the training says of itself; ``but`` are metrics that stand elsewhere.
    """
    titles = {slug: title for title, slugs in groups.items() for slug in slugs}
    found: dict[str, list[Figure]] = {title: [] for title in (*groups, MORE, TRAINING)}
    for figure in rows:
        if not figure.slug or figure.slug not in but:
            title = titles.get(figure.slug, MORE) if figure.slug else TRAINING
            found[title].append(figure)
    return [(title, each) for title, each in found.items() if each]


def outdated(run: RunState, name: str) -> str:
    """Say of a quality that the newest measurement left out since when; "" of those it has."""
    slugs = [each.removeprefix(QUALITY) for each in run.series if each.startswith(QUALITY)]
    found = [(QUALITY + slug, newest_figure(run, slug)) for slug in slugs]
    last = {each: figure.step for each, figure in found if figure is not None}
    at, newest = last[name], max(last.values())
    if at >= newest:
        return ""
    # Of points that somebody has moved, nobody knows the modes.
    changed = [e.step for e in run.edits if not isinstance(e, ChangeSetting)]
    edit = next((step for step in changed if at <= step <= newest), None)
    if edit is not None:
        return f"not measured since the target was changed at step {edit:,}"
    return f"not measured at step {newest:,}"


def interval(run: RunState, slug: str) -> str:
    """Return between what the newest figure of a metric lies with 95 % confidence, "0.91 to 0.95";
    "" where its metric does not say.
    """
    found = newest_figure(run, slug)
    ends = found.ends if found is not None else None
    return " to ".join(map(number_format.figure, ends)) if ends is not None else ""
