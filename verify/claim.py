"""An experiment: a claim, a pass line, a function that measures a value, and null models.

``@experiment("A1", ...)`` registers a function that returns an `Outcome`; it takes nothing, or the
`verify.bench.Bench` that trains what the claim is about. The registered one takes a bench or
nothing, is timed and returns a `Result`. The id is that of the claim and never changes. Values are
shown next to their floor, the same measurement of real data, and next to their nulls: the same
measurement and pass line for models that do not do what is claimed. If a null model passes, the
line shows nothing, and the claim fails.

A claim may also name *baselines*: simple models that meet its line as well, such as a look-up of
the training data. They are measured and shown next to it, and its text says what it is about.
"""

import functools
import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TypeAlias

from pushforward.models.registry import experiment as register
from pushforward.verify.bench import Bench

__all__ = ["Measure", "Null", "Outcome", "Result", "Table", "experiment"]


@dataclass(frozen=True)
class Table:
    """Figures that are too many for a line: titles of columns, rows of as many texts, and in a
    note of how many data they are and with which seeds.
    """

    columns: list[str]
    rows: list[list[str]]
    note: str


@dataclass(frozen=True)
class Outcome:
    """What was measured.

    Attributes:
        figure: the measurement, in words and numbers, for people.
        value: the same as numbers by name.
        passed: whether the pass line is met; None where the figure is only reported.
        floor: what the figure would be at best, and how that was measured.
        seeds: the seeds of the random numbers.
        table: the same with its floor where it is too much for a line, None where it is not.
    """

    figure: str
    value: dict[str, float]
    passed: bool | None
    floor: str
    seeds: list[int]
    table: Table | None = field(default=None, kw_only=True)


Measure: TypeAlias = Callable[[], Outcome] | Callable[[Bench], Outcome]
"""Measures a figure, with a bench where it needs one."""


@dataclass(frozen=True)
class Null:
    """A model that does not do what is claimed, such as one that was never trained.

    Attributes:
        title: what it is, a few words.
        measure: its figure, and whether it meets the very line of the claim.
    """

    title: str
    measure: Measure


@dataclass(frozen=True)
class Result(Outcome):
    """An outcome, and how many seconds of wall time it took, with its nulls.

    Attributes:
        nulls: what each null came to, by its title. Where one of them passes, ``passed`` is False.
        seconds: of wall time.
        baselines: the outcome of each baseline, by its title.
    """

    nulls: dict[str, Outcome]
    seconds: float
    baselines: dict[str, Outcome] = field(default_factory=dict, kw_only=True)

    @property
    def alive(self) -> list[str]:
        """The nulls that meet the pass line: what they show is that the line is worth nothing."""
        return [title for title, null in self.nulls.items() if null.passed]


def experiment(
    slug: str,
    *,
    title: str,
    claim: str,
    pass_line: str,
    group: str,
    source: str,
    slow: bool = False,
    nulls: Sequence[Null] = (),
    no_null: str = "",
    baselines: Sequence[Null] = (),
) -> Callable[[Measure], Callable[..., Result]]:
    """Register the decorated function as the experiment with this id.

    Args:
        slug: the id.
        title: a few words.
        claim: what is claimed, one sentence.
        pass_line: when it is met, in words.
        group: what it is listed under.
        source: where the claim was made.
        slow: whether it takes more than about 20 seconds.
        nulls: models that must miss the pass line; they are run with it.
        no_null: why there are none.
        baselines: simple models that meet the line as well; the claim says so.

    Raises:
        ValueError: there are neither nulls nor a reason, or both.
    """
    if bool(nulls) == bool(no_null):
        raise ValueError(f"{slug} needs either nulls or, in no_null, why it has none")

    def add(measure: Measure) -> Callable[..., Result]:
        return register(
            slug,
            title=title,
            source=source,
            claim=claim,
            pass_line=pass_line,
            group=group,
            slow=slow,
            nulls=[null.title for null in nulls],
            no_null=no_null,
            baselines=[each.title for each in baselines],
        )(_timed(measure, nulls, baselines))

    return add


def _on(bench: Bench | None, measure: Measure) -> Outcome:
    takes: Callable[..., Outcome] = measure
    needed = inspect.signature(measure).parameters.values()
    if not any(parameter.default is parameter.empty for parameter in needed):
        return takes()
    if bench is None:
        raise TypeError("this claim is about trainings: it needs a bench to make them")
    return takes(bench)


def _timed(
    measure: Measure, nulls: Sequence[Null], baselines: Sequence[Null]
) -> Callable[..., Result]:
    @functools.wraps(measure)
    def timed(bench: Bench | None = None, kept: Result | None = None) -> Result:
        """Measure the claim with its null models. Of a ``kept`` result, measure only the null
        models and baselines that it lacks.
        """
        start = time.perf_counter()
        outcome = _on(bench, measure) if kept is None else kept
        known = {} if kept is None else {**kept.nulls, **kept.baselines}

        def measured(models: Sequence[Null]) -> dict[str, Outcome]:
            return {m.title: known.get(m.title) or _on(bench, m.measure) for m in models}

        result = Result(
            **{each.name: getattr(outcome, each.name) for each in fields(Outcome)},
            nulls=measured(nulls),
            baselines=measured(baselines),
            seconds=time.perf_counter() - start + (kept.seconds if kept is not None else 0.0),
        )
        return replace(result, passed=False) if result.alive else result

    return timed
