"""Scenes of distributions: histograms, bars, distances. Pure except for colours."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from pushforward.studio.app.charts.bar_chart import Bars, Run
from pushforward.studio.app.charts.distribution_bins import beyond, edges_of, shares_of
from pushforward.studio.app.charts.histogram import HistogramScene, Steps
from pushforward.studio.app.charts.histogram_card import Other
from pushforward.studio.app.charts.line_styles import ink
from pushforward.studio.app.core import display_names
from pushforward.studio.app.core.data_type import Kind
from pushforward.studio.app.core.selection import NONE, Selection
from pushforward.studio.app.data.distance_table import ALL, Distances, Line, multiples
from pushforward.studio.app.data.sample_measures import (
    Found,
    Part,
    class_shares,
    in_part,
    shares_among,
)
from pushforward.studio.app.design.theme import colors
from pushforward.studio.app.text.number_ticks import number
from pushforward.studio.literal import one_line

__all__ = ["bars_of", "distances_of", "in_words", "others_of", "said_of", "scene_of"]


def scene_of(
    found: Found,
    name: str,
    kind: Kind,
    selection: Selection,
    part: Part | None,
    *,
    log_x: bool,
    log_y: bool,
) -> HistogramScene:
    """Return the histogram of a quantity; ``part`` is the brushed interval."""
    tokens = colors()
    real, *models = (found.of(i, name) for i in range(len(found.samples)))
    log_x = log_x or name in kind.logs
    edges = edges_of(real, *models, log=log_x, share=name in kind.shares)
    steps = tuple(
        Steps(
            each.title,
            ink(each.place, tokens),
            each.place,
            shares_of(values, edges),
            beyond(values, edges),
            found.spread(name, edges, i),
            found.count(i),
        )
        for i, (each, values) in enumerate(zip(found.samples[1:], models, strict=True), 1)
    )
    values, rows = _selected(found, name, selection)
    chosen = shares_of(rows, edges) * len(rows) / max(1, len(values)) if len(rows) else None
    return HistogramScene(
        name, edges, shares_of(real, edges), found.count(0), steps, chosen,
        None if isinstance(part, str) else part,
        log_x=log_x and bool(edges[0] > 0), log_y=log_y, sigma=found.spread(name, edges, 0),
        unit=kind.units.get(name, ""), beyond=beyond(real, edges),
    )  # fmt: skip


def bars_of(
    found: Found, name: str, order: Sequence[str], selection: Selection, part: Part | None
) -> Bars:
    """Return the shares of the classes of a word, which come in an ``order``."""
    names, made, real, spread = class_shares(found.of(0, name), found.of(1, name), order)
    chosen = names.index(part) if isinstance(part, str) and part in names else -1
    runs = tuple(
        Run(each.title, ink(each.place, colors()), shares_among(found.of(i, name), names))
        for i, each in enumerate(found.samples[1:], 1)
    )
    values, chosen_ones = _selected(found, name, selection)
    many = len(chosen_ones)
    selected = shares_among(chosen_ones, names) * many / len(values) if many else None
    return Bars(
        "share of all", names, made, real, spread, chosen=chosen,
        runs=runs if len(runs) > 1 else (), selected=selected,
    )  # fmt: skip


def distances_of(found: Found, names: Sequence[str], kind: Kind, about: str) -> Distances:
    """Return the table of distances of the selected run, which is ``about`` these data."""
    models = found.samples[1:]
    titles = [(each.title, each.place) for each in models]
    lines = tuple(
        Line(
            one_line(name),
            kind.units.get(name, ""),
            found.by_class.get(name, {}),
            tuple(multiples(titles, found.far.get(name, [None] * len(models)))),
        )
        for name in names
    )
    classes = [each for each in next(iter(found.by_class.values()), {}) if each != ALL]
    word = found.words[0] if found.words else ""
    said = f"{models[0].title}, {about}"
    return Distances(tuple(classes) or (ALL,), lines, said, classes=word)


def others_of(found: Found, name: str, kind: Kind) -> tuple[str, list[Other]]:
    """Say of several models whose distance stands first, and those of the others."""
    if len(found.samples) < 3:
        return "", []
    far, tokens = found.far.get(name, ()), colors()
    others = [
        Other(
            ink(each.place, tokens),
            one_line(each.title),
            _run_name(each.key),
            apart.format(kind.units.get(name, "")),
        )
        for each, apart in zip(found.samples[2:], far[1:], strict=False)
        if apart is not None
    ]
    return _run_name(found.samples[1].key), others


def said_of(found: Found, name: str, part: Part | None) -> str:
    """Say how much of each sample is in a part, of what is made first: the end may be cut."""
    if part is None:
        return ""
    real, *models = range(len(found.samples))
    shares = []
    for i in (*models, real):
        values, title = found.of(i, name), found.samples[i].title
        share = float(in_part(values, part).mean()) if len(values) else 0.0
        called = "generated" if i and len(models) == 1 else title
        shares.append(f"{called} {100 * share:.1f} %")
    return f"{in_words(part)}: {', '.join(shares)}"


def in_words(part: Part) -> str:
    """Say a range or a class."""
    return one_line(part) if isinstance(part, str) else f"{number(part[0])} to {number(part[1])}"


def _run_name(key: str) -> str:
    return f"run {display_names.number(Path(key).name)}"


def _selected(found: Found, name: str, selection: Selection) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return what is known of the real data or of the generated ones, of those that something is
    selected of, and of those that are selected.
    """
    for i in (0, 1):
        rows = selection.of(found.samples[i].source)
        if len(rows):
            return found.of(i, name), found.values_among(i, name, rows)
    return found.of(1, name), NONE
