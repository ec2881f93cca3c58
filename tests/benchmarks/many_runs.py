"""What a thousand runs cost the screen, offscreen: prints a table.

    python -m tests.benchmarks.many_runs [--runs 1000]

``open`` is the time from a project that has been read to its runs being painted; ``theme`` that of
another scheme, painted. Without runs is what the column costs by itself: what the runs add to it
is to be under 100 ms. ``filled`` is what reading the curves of all of them costs the
column; of the table and of the facets beside it, it is what a filter costs.
"""

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.benchmarks.smallest import parse

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.runs.run_facets import RunFacets
from pushforward.studio.app.places.runs.runs_page import RunsPage
from pushforward.studio.app.shell.sidebar import Sidebar
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.app.lenses.conftest import SpyLink
from tests.client.fakes.catalog import catalog

PROJECT = Path("/p")


def many(count: int) -> dict[str, RunState]:
    """Return so many runs: of each ten three took part in a race, and two are branches."""
    made: dict[str, RunState] = {}
    for n in range(1, count + 1):
        name = f"{n:04d}-edm-eight-gaussians"
        spec = RunSpec(
            name="edm-eight-gaussians",
            family=Pick(slug=("edm", "gan")[n % 2]),
            dataset=Pick(slug=("eight-gaussians", "ring-of-five")[n // 10 % 2]),
        )
        run = RunState(key=str(PROJECT / "runs" / name), name=name, spec=spec)
        run.step = run.total = 1000 + n
        run.seconds = 0.1 * n
        if n % 10 in (1, 2, 3):
            run.race = f"race-{n // 10}"
        elif n % 10 in (5, 6):
            run.parent, run.branch_step = f"{n - n % 10 + 4:04d}-edm-eight-gaussians", 500
        series = run.series["quality/sliced-w2"] = Series()
        series.extend([10, run.step], [1.0, 0.05 + 0.001 * (n % 97)])
        run.floors = {"sliced-w2": 0.05, "spread/sliced-w2": 0.01}
        made[run.key] = run
    return made


def timed(what: Callable[[], object]) -> float:
    """Return how long something takes until it is painted, in ms."""
    app = QApplication.instance()
    assert app is not None
    begin = time.perf_counter()
    what()
    app.sendPostedEvents()
    app.processEvents()  # paints
    return 1e3 * (time.perf_counter() - begin)


def studio() -> tuple[AppState, Actions]:
    """Return a state with a catalogue and a project, and actions without an engine."""
    state = AppState()
    state.catalog = catalog()
    state.project, state.project_name = PROJECT, "Project"
    return state, Actions(state, SpyLink())


def column(count: int) -> tuple[float, float, float]:
    """Return what the column takes to list so many runs, to change its theme and to hear of all
    their curves, in ms.
    """
    state, actions = studio()
    state.place = "run"
    side = Sidebar(state, actions, facets=QWidget(), pages=QWidget(), ask_import=lambda: None)
    side.resize(232, 800)
    side.show()
    timed(lambda: None)
    state.runs.by_key = many(count)
    opened = timed(state.project_changed.emit)
    other = "light" if theme.mode == "dark" else "dark"
    switched = timed(lambda: theme.set_mode(other))

    def tell() -> None:
        for key in state.runs.by_key:
            for signal in (state.runs.changed, state.runs.metrics_appended):
                signal.emit(key)

    filled = timed(tell)
    side.close()
    side.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return opened, switched, filled


def table(count: int) -> tuple[float, float, float]:
    """Return what the full table takes: to open, to change its theme, to find runs, in ms."""
    state, actions = studio()
    state.runs.by_key = many(count)
    page = RunsPage(state, actions)
    page.resize(1144, 800)
    opened = timed(page.show)
    other = "light" if theme.mode == "dark" else "dark"
    switched = timed(lambda: theme.set_mode(other))
    sought = timed(lambda: page.head.finder.setText("gan ring"))
    page.close()
    page.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return opened, switched, sought


def facets(count: int) -> tuple[float, float, float]:
    """Return what the facets beside the table take: to open, to change their theme, to count anew
    when something else is sought, in ms.
    """
    state, _ = studio()
    state.runs.by_key = many(count)
    made = RunFacets(state)
    made.resize(232, 800)
    opened = timed(made.show)
    other = "light" if theme.mode == "dark" else "dark"
    switched = timed(lambda: theme.set_mode(other))
    sought = timed(lambda: state.finding.seek("gan ring"))
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return opened, switched, sought


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    count: int = parse(parser, argv, runs=3).runs
    app = QApplication([])
    theme.install(app, "dark")
    column(0)
    print(f"{'':24} {'open ms':>8} {'theme ms':>9} {'filled ms':>10}")
    for name, n, what in (
        ("column, no runs", 0, column),
        (f"column, {count:,} runs", count, column),
        ("table, no runs", 0, table),
        (f"table, {count:,} runs", count, table),
        ("facets, no runs", 0, facets),
        (f"facets, {count:,} runs", count, facets),
    ):
        figures = [min(each) for each in zip(*(what(n) for _ in range(3)), strict=True)]
        print(f"{name:24} {figures[0]:8.1f} {figures[1]:9.1f} {figures[2]:10.1f}")


if __name__ == "__main__":
    main()
