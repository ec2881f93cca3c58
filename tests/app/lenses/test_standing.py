"""How a run stands: its evaluations on one axis, from the first to the floor."""

from typing import Any

import pytest

from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.lenses.quality.metric_axis import StandingCard, marks
from pushforward.studio.protocol.catalog import EntrySpec


@pytest.fixture
def card(lens: Any, qtbot: Any) -> StandingCard:
    made = StandingCard(lens.state)
    qtbot.addWidget(made)
    made.resize(800, 130)
    return made


def test_before_the_first_evaluation_there_is_none(lens: Any, card: StandingCard) -> None:
    card.show_run(lens.run)
    assert card.isHidden()
    card.show_run(None)
    assert card.isHidden()


def test_figures_of_one_number_of_samples_are_on_the_axis(lens: Any, card: StandingCard) -> None:
    lens.measure("quality/w2", [10, 20, 30], [4.0, 2.0, 1.0])
    lens.measure("cost/samples", [10, 20, 30], [250.0, 2000.0, 2000.0])
    lens.run.floors = {"w2": 0.5}
    card.show_run(lens.run)
    assert not card.isHidden()
    assert card.strip._values.tolist() == [2.0, 1.0]
    assert card.headline.value.text() == "1"
    assert card.headline.words.text() == "2 × the floor at n\u00a0=\u00a02,000"
    assert card.strip._x(2.0) > card.strip._x(1.0) > card.strip._x(0.5)
    card.grab()


def test_a_band_says_how_wide_it_is(lens: Any, card: StandingCard) -> None:
    """Floor 19 ± 7 was drawn from 5 to 32. Of one metric it ends at 2.01 SD of the logarithm."""
    lens.measure("quality/w2", [10, 20], [4.0, 2.0])
    lens.measure("cost/samples", [10, 20], [2000.0, 2000.0])
    lens.run.floors = {"w2": 1.0, "spread/w2": 0.2}
    card.show_run(lens.run)
    assert card.strip.band == pytest.approx((0.6587, 1.4599), abs=1e-3)
    assert card.strip.title.replace("\u00a0", " ").endswith("; band of real data")
    lens.run.floors = {"w2": 1.0}
    card.show_run(lens.run)
    assert "band" not in card.strip.title


def test_another_metric_may_be_chosen_and_another_run_begins_with_its_first(
    lens: Any, card: StandingCard
) -> None:
    lens.state.catalog.entries.append(
        EntrySpec(kind="metric", slug="w2", title="Sliced W2", summary="", source="", fields=[])
    )
    lens.measure("quality/w2", [10], [1.0])
    lens.measure("quality/modes", [10], [-1.0])
    card.show_run(lens.run)
    assert [card.choice.itemText(i) for i in range(2)] == ["Sliced W2", "Modes"]
    card.choice.setCurrentIndex(1)
    card.choice.activated.emit(1)
    assert card.headline.value.text() == "-1"
    assert not len(card.strip._values)  # what is not positive has no place on the axis
    card.grab()
    other = RunState(key="/p/runs/0002-s", name="0002-s", series=lens.run.series)
    card.show_run(other)
    assert card.choice.currentIndex() == 0


def test_a_figure_of_too_few_does_not_lead(lens: Any, card: StandingCard) -> None:
    lens.measure("quality/w2", [10], [-0.0375])
    lens.measure("cost/samples", [10], [4.0])
    lens.run.floors = {"w2": 0.0, "spread/w2": 0.03}
    card.show_run(lens.run)
    assert card.headline.value.text() == "n too small"
    assert "-0.0375" in card.headline.floor.accessibleName()
    lens.measure("quality/w2", [10], [0.9])
    card.show_run(lens.run)
    assert card.headline.value.text() == "0.9", "so far off that few tell it, too"


def test_marks_are_round_numbers() -> None:
    assert marks(0.3, 12.0) == [0.5, 1.0, 2.0, 5.0, 10.0]
