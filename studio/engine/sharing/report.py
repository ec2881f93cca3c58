"""Report on a run, a comparison or a race: settings, metrics with noise floors, curves, samples."""

import math
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pushforward.models.registry import registry
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.refusal import Refused
from pushforward.studio.engine.run.destination import check_destination
from pushforward.studio.engine.sharing.answer_panels import can_answer
from pushforward.studio.engine.sharing.share_flow import Shared, read_panel, run_title, titles_of
from pushforward.studio.figures import short
from pushforward.studio.formats.flow_movie import movie_frames
from pushforward.studio.formats.flow_page import Panel, Theme, embed_flow, page_style, write_page
from pushforward.studio.formats.qt_process import print_page
from pushforward.studio.formats.report_page import INKS, Chart, Curve, Report, report_body
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.curve_names import COST, FLOOR, QUALITY, SAMPLES
from pushforward.studio.protocol.events import SPREAD
from pushforward.studio.significance import RULE, Measured, compare_with_floor, find_difference
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.command_line import assignments, command_for

__all__ = ["REPORT_SUFFIXES", "ReportPlan", "write_report"]

REPORT_SUFFIXES = (".html", ".pdf")
PARTICLES, SECONDS, PICTURE = 1000, 6.0, 420
MOST_CURVES = 12

Curves = dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True)
class ReportPlan:
    """What is reported on, and where.

    Attributes:
        runs: one, or those that are compared.
        file: .html or .pdf.
        theme: of the page; a PDF is always light.
        overwrite: whether a file that exists is replaced.
    """

    runs: Sequence[RunFolder]
    file: Path
    theme: Theme = "auto"
    overwrite: bool = False

    def check(self) -> None:
        """Check what can be known before anything is read.

        Raises:
            Refused: a value is not possible; the path names it.
        """
        suffix = self.file.suffix.lower()
        if suffix not in REPORT_SUFFIXES:
            raise Refused(
                f"A report cannot be written as {suffix or 'a file without a suffix'}.",
                f"Use one of {', '.join(REPORT_SUFFIXES)}.",
                path="file",
            )
        if not 1 <= len(self.runs) <= len(INKS):
            raise Refused(f"Choose 1 to {len(INKS)} runs, not {len(self.runs)}.", path="runs")
        check_destination(self.file, self.overwrite)

    @property
    def title(self) -> str:
        """Names of the runs."""
        return titles_of(self.runs)


def write_report(plan: ReportPlan) -> Iterator[Shared]:
    """Write the report of a plan; yield the progress.

    Raises:
        Refused: the plan is not possible, or data cannot be read.
        StoreError: a run cannot be read, Qt cannot print here, or the disk refused.
    """
    plan.check()
    total, pdf = len(plan.runs) + 2, plan.file.suffix.lower() == ".pdf"
    dark = plan.theme == "dark" and not pdf
    panels: list[Panel] = []
    for place, run in enumerate(plan.runs):
        if run.flow.steps() or can_answer(run):
            panels.append((yield from read_panel(run, PARTICLES, None, (place, total), dark=dark)))
    yield Shared(total - 2, total, "Writing the report")
    body = report_body(_report(plan, panels, dark=dark))
    check_destination(plan.file, plan.overwrite)
    if pdf:
        print_page(body, plan.file, plan.title)
    else:
        note = "Both clocks of the flow: drag them, or press Play."
        theme = plan.theme
        flow = embed_flow("Flow", note, panels, theme=theme, seconds=SECONDS) if panels else ""
        start = "" if panels else _theme_script(theme)
        write_page(
            plan.file, f"{plan.title}: report", body + flow + start, page_style("report.css")
        )
    yield Shared(total, total, "", plan.file.stat().st_size)


def _theme_script(theme: Theme) -> str:
    """Return what chooses the theme of a page without a flow, which does so itself."""
    dark = "matchMedia('(prefers-color-scheme: dark)').matches" if theme == "auto" else "true"
    if theme == "light":
        return ""
    return f"<script>if ({dark}) document.documentElement.dataset.theme = 'dark'</script>\n"


def _report(plan: ReportPlan, panels: Sequence[Panel], *, dark: bool) -> Report:
    runs = plan.runs
    curves = [_curves(run) for run in runs]
    catalog = build([])
    settings, shared = _settings(runs, catalog)
    records = [run.record for run in runs]
    races = {record.race for record in records}
    what = "A race" if len(runs) > 1 and races != {""} and len(races) == 1 else "A comparison"
    created = max(record.created for record in records)
    versions = ", ".join(f"{k} {v}" for k, v in records[-1].versions.items())
    head = f"{what} of {len(runs)} runs" if len(runs) > 1 else _summary(runs[0])
    return Report(
        title=plan.title,
        summary=f"{head}. {created:%d %B %Y}; {versions}; {platform.system()}.",
        names=_names(runs),
        facts=_facts(runs),
        settings=settings,
        shared=shared,
        verdicts=[
            verdict
            for run, known in zip(runs, curves, strict=True)
            if (verdict := _verdict(run, known, several=len(runs) > 1))
        ],
        metrics=_metrics(curves),
        charts=_charts(curves),
        pictures=[
            (panel.note if len(runs) == 1 else panel.title, _still(panel, dark=dark))
            for panel in panels
        ],
        commands=[command_for(r.record.spec, catalog=catalog, project=r.project) for r in runs],
        notes={"rule": RULE},
    )


def _names(runs: Sequence[RunFolder]) -> list[str]:
    """Return a name for each run, with its number where two have the same."""
    names = [run_title(run) for run in runs]
    return [
        f"{run.number}: {name}" if names.count(name) > 1 else name
        for run, name in zip(runs, names, strict=True)
    ]


def _summary(run: RunFolder) -> str:
    spec = run.record.spec
    return f"{registry.get('family', spec.family.slug).title} on {spec.dataset.slug}"


def _facts(runs: Sequence[RunFolder]) -> list[list[str]]:
    rows = {
        "model": [registry.get("family", r.record.spec.family.slug).title for r in runs],
        "data": [run.record.spec.dataset.slug for run in runs],
        "state": [run.status().state for run in runs],
        "training steps": [f"{run.status().step:,}" for run in runs],
        "training time": [f"{run.status().seconds:,.1f} s" for run in runs],
        "seed": [str(run.record.seed) for run in runs],
        "device": [run.record.device or "unknown" for run in runs],
        "note": [run.label().note for run in runs],
    }
    return [[name, *values] for name, values in rows.items() if any(values)]


def _settings(runs: Sequence[RunFolder], catalog: Catalog) -> tuple[list[list[str]], int]:
    """Return the settings that differ, of one run all that are no default, and how many others
    there are.
    """
    known = [dict(each.split("=", 1) for each in assignments(run.record.spec)) for run in runs]
    names = dict.fromkeys(name for each in known for name in each if name != "name")
    rows = [[name, *(each.get(name, "–") for each in known)] for name in names]
    if len(runs) == 1:
        chosen = {each.split("=", 1)[0] for each in assignments(runs[0].record.spec, catalog)}
        differ = [row for row in rows if row[0] in chosen]
        return differ, len(rows) - len(differ)
    differ = [row for row in rows if len(set(row[1:])) > 1]
    return differ, len(rows) - len(differ)


def _curves(run: RunFolder) -> Curves:
    found, _ = run.metrics.read()
    return {
        name: (np.asarray(steps, float), np.asarray(values, float))
        for name, (steps, values) in found.items()
        if len(steps)
    }


def _floors(curves: Curves) -> dict[str, float]:
    """Return the newest noise floors of a run, with their spreads."""
    return {
        name.removeprefix(FLOOR): float(values[-1])
        for name, (_, values) in curves.items()
        if name.startswith(FLOOR)
    }


def _metrics(curves: Sequence[Curves]) -> list[list[str]]:
    """Return a row for each metric: the newest value of each run, and its noise floor."""
    names = dict.fromkeys(name for each in curves for name in each if name.startswith(QUALITY))
    rows = []
    for name in names:
        slug = name.removeprefix(QUALITY)
        entry = registry.get("metric", slug)
        values = [short(float(each[name][1][-1]), 3) if name in each else "–" for each in curves]
        floors = next((f for each in curves if slug in (f := _floors(each))), {})
        floor = "–"
        if slug in floors:
            spread = floors.get(SPREAD + slug, 0.0)
            floor = short(floors[slug], 3) + (f" ± {short(spread, 2)}" if spread else "")
        unit = f", {entry.unit}" if entry.unit else ""
        rows.append([f"{entry.title} ({entry.better} is better{unit})", *values, floor])
    return rows


def _verdict(run: RunFolder, curves: Curves, *, several: bool) -> str:
    """Return whether the samples of a run differ from real data, as a sentence; "" if unknown."""
    floors, measured = _floors(curves), []
    count = int(curves[SAMPLES][1][-1]) if SAMPLES in curves else None
    for name, (_, values) in curves.items():
        slug = name.removeprefix(QUALITY)
        if name == slug or slug not in floors or not math.isfinite(values[-1]):
            continue
        entry = registry.get("metric", slug)
        value = float(values[-1])
        each = Measured(slug, value, count, floors, entry.better, entry.bar_is, entry.conditional)
        if each.has_floor and each.spread and not entry.conditional:
            measured.append(each)
    if not measured:
        return ""
    who = f"{run_title(run)}: " if several else ""
    if worst := find_difference(measured):
        title = registry.get("metric", worst).title
        return f"{who}Differs from real data, most by {title}."
    if any(compare_with_floor(each) == "few" for each in measured):
        return f"{who}Within the noise floor, but n is too small to conclude anything."
    return f"{who}No difference from real data found (n = {count:,})."


def _charts(curves: Sequence[Curves]) -> list[Chart]:
    names = dict.fromkeys(name for each in curves for name in each if not name.startswith(COST))
    ranked = sorted(names, key=lambda name: (not name.startswith(QUALITY), name != "loss"))
    charts = []
    for name in ranked[:MOST_CURVES]:
        slug = name.removeprefix(QUALITY)
        lines = [
            Curve(*each[name], ink) for each, ink in zip(curves, INKS, strict=False) if name in each
        ]
        floors = next((f for each in curves if slug in (f := _floors(each))), {})
        floor = None
        if name != slug and slug in floors:
            spread = 2 * floors.get(SPREAD + slug, 0.0)
            floor = floors[slug] - spread, floors[slug] + spread
        title = registry.get("metric", slug).title if name != slug else name.replace("-", " ")
        charts.append(Chart(title, lines, floor))
    return charts


def _still(panel: Panel, *, dark: bool) -> NDArray[np.uint8]:
    """Return the panel at the end of both clocks."""
    *_, last = movie_frames([panel], "flow", size=PICTURE, dark=dark, seconds=0.1)
    return last
