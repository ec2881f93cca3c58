"""The leader board: ranks at one share of the budget, what they gained, and gliding cards."""

from typing import Any

import msgspec
import pytest

from pushforward.studio.app.core.leader_board import rank_lines, standings_at
from pushforward.studio.app.core.memorisation import COPIES, Memory
from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.lenses.compare.compare_view import CompareView
from pushforward.studio.app.lenses.compare.leader_board import LeaderBoard
from pushforward.studio.protocol.catalog import EntrySpec
from pushforward.studio.protocol.spec import Pick
from tests.app.lenses.test_compare import add_run, measure
from tests.qtloop import until

NAME = "quality/w2"


def run_of(name: str, total: int, points: list[tuple[int, float]]) -> RunState:
    made = RunState(key=name, name=name, total=total, step=total)
    if points:
        series = made.series[NAME] = Series()
        series.extend([step for step, _ in points], [value for _, value in points])
    return made


@pytest.fixture
def race() -> list[RunState]:
    return [
        run_of("a", 100, [(10, 3.0), (50, 1.0), (100, 0.5)]),
        run_of("b", 200, [(20, 2.0), (100, 1.5), (200, 0.9)]),
        run_of("c", 100, []),
    ]


def places(race: list[RunState], spent: float, better: str = "lower") -> list[tuple[int, int]]:
    found = standings_at(race, NAME, spent, better)
    return [(each.place, each.change) for each in found]


def test_runs_are_ranked_at_equal_shares_of_their_budgets(race):
    assert places(race, 0.05) == [(0, 0), (1, 0), (2, 0)], "nothing is measured yet"
    assert places(race, 0.1) == [(1, 0), (0, 0), (2, 0)]
    assert places(race, 0.5) == [(0, 1), (1, -1), (2, 0)]
    assert places(race, 1.0) == [(0, 0), (1, 0), (2, 0)]
    assert [place for place, _ in places(race, 1.0, "higher")] == [1, 0, 2], "last without"
    last = standings_at(race, NAME, 1.0, "lower")
    assert [each.step for each in last] == [100, 200, -1]


def test_a_run_that_was_measured_earlier_is_compared_at_its_own_share():
    ahead = run_of("a", 100, [(50, 2.0), (60, 0.5)])
    behind = run_of("b", 100, [(50, 1.0)])
    [first, second] = standings_at([ahead, behind], NAME, 1.0, "lower")
    assert (first.place, first.step, first.value) == (1, 50, 1.0)
    assert (second.place, second.step, second.value) == (0, 50, 2.0)


def test_copies_do_not_win_by_a_metric_that_is_better_near_its_floor():
    """Authenticity is 0 of copies and .5 of real data: "lower is better" put copies first."""
    values = {"a": 0.0, "b": 0.48, "c": 0.9}
    race = [run_of(name, 100, [(100, value)]) for name, value in values.items()]
    for run in race:
        run.floors["w2"] = 0.5
    assert [place for place, _ in places(race, 1.0, "near")] == [1, 2, 0]
    assert rank_lines(race, NAME, 1.0, "near")[1] == [[2], [0], [1]]
    race[1].floors.clear()
    assert places(race, 1.0, "near")[-1][0] == 1, "its floor is unknown"


def test_rank_lines_begin_where_all_runs_are_measured(race):
    assert rank_lines(race, NAME, 1.0, "lower") == ([], [[], [], []])
    shares, ranks = rank_lines(race[:2], NAME, 1.0, "lower")
    assert shares == [0.1, 0.5, 1.0]
    assert ranks == [[1, 0, 0], [0, 1, 1]]
    assert rank_lines(race[:2], NAME, 0.6, "lower")[0] == [0.1, 0.5]


async def test_cards_glide_to_their_new_rank(qtbot, race):
    board = LeaderBoard()
    qtbot.addWidget(board)
    board.resize(200, 500)
    board.show()
    for spent in (0.1, 0.5):
        found = standings_at(race, NAME, spent, "lower")
        lines = rank_lines(race, NAME, spent, "lower")
        board.show_standings("W2", ["a", "b", "c"], found, lines, "noise floor 0.1")
    start = dict(board._y)
    assert start[0] > start[1], "where they were"
    await until(lambda: board._y[0] < board._y[1])
    assert not board.grab().isNull()
    assert board.accessibleDescription() == "1 a 1, 2 b 1.5, 3 c not measured"


def test_a_run_that_copies_its_training_data_says_so_on_its_card(qtbot, race):
    board = LeaderBoard()
    qtbot.addWidget(board)
    copied = Memory(
        slug="copies", title="Copies", value=0.9, floor="floor 0", floor_mean=0.0, floor_spread=0.0,
        step=100, n=500, brief=COPIES, words="copies of training data", level="warm",
    )  # fmt: skip
    found = standings_at(race, NAME, 1.0, "lower")
    board.resize(200, 500)
    board.show_standings("W2", ["a", "b", "c"], found, ([], []), memories=[None, None, None])
    plain = board.grab().toImage()
    board.show_standings("W2", ["a", "b", "c"], found, ([], []), memories=[copied, None, None])
    assert board.grab().toImage() != plain
    assert board.accessibleDescription() == "1 a 0.5 copies, 2 b 0.9, 3 c not measured"


async def test_compare_ranks_by_the_metric_of_its_chart(lens: Any, qtbot):
    metric = EntrySpec(
        kind="metric", slug="w2", title="W2", summary="", source="", fields=[], better="lower"
    )
    lens.state.catalog.entries.append(metric)
    runs = [lens.run, add_run(lens, "0002-s"), add_run(lens, "0003-t", total=50)]
    for run, values in zip(runs, ([3.0, 1.0], [2.0, 2.0], [4.0, 3.0]), strict=True):
        measure(lens, run, NAME, [run.total // 2, run.total], values)
        run.step = run.total
        run.kept = [run.total // 2, run.total]
    lens.state.runs.choose(tuple(run.key for run in runs))
    view = CompareView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(1000, 700)
    view.show()
    await until(lambda: bool(view.board.standings))
    assert view.board.isVisible(), "of three runs it is shown at once"
    assert [each.place for each in view.board.standings] == [0, 1, 2]
    lens.state.playback.set(step=50)
    await until(lambda: [each.place for each in view.board.standings] == [1, 0, 2])
    view.ranked.click()
    assert view.board.isHidden()
    view.board.opened.emit(2)
    assert lens.state.runs.selection == runs[2].key


async def test_losses_of_different_models_are_not_ranked(lens: Any, qtbot):
    runs = [lens.run, add_run(lens, "0002-s"), add_run(lens, "0003-t")]
    for place, run in enumerate(runs):
        measure(lens, run, "loss", [1, 2], [3.0 - place, 2.0 - place])
    lens.state.runs.choose(tuple(run.key for run in runs))
    view = CompareView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(1000, 700)
    view.show()
    await until(lambda: view.board.isVisible())
    other = msgspec.structs.replace(runs[1].spec, family=Pick(slug="other"))
    runs[1].spec = other
    lens.state.runs.changed.emit(runs[1].key)
    await until(lambda: view.board.isHidden())
    assert not view.ranked.isEnabled()
