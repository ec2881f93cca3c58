"""Each figure says what it is held against, which way is better, and when that tells nothing."""

from dataclasses import replace
from types import SimpleNamespace

import msgspec
import pytest
from PySide6.QtWidgets import QApplication, QLabel

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.evaluation_results import Evaluated
from pushforward.studio.app.core.metric_values import figures
from pushforward.studio.app.core.run_filter import RunFinding, counts
from pushforward.studio.app.core.run_snapshot import run_at
from pushforward.studio.app.core.run_summary import quality, say
from pushforward.studio.app.core.run_verdict import judged, verdict_of, verdicts_of
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data.metric_list import Qualities, qualities
from pushforward.studio.app.design.basic import Elided
from pushforward.studio.app.lenses.quality.metric_axis import StandingCard
from pushforward.studio.app.places.runs.inspector.metrics_section import LEVELS
from pushforward.studio.app.text import metric_reference
from pushforward.studio.protocol.catalog import EntrySpec
from tests.app.test_run_panel import measured


def metric(slug="w2", better="lower", bar="real against real"):
    return EntrySpec(
        kind="metric", slug=slug, title=slug.upper(), summary="How far.", source="", fields=[],
        better=better, bar=bar,
    )  # fmt: skip


FEW = "is too few to be sure: use 1,000"
FLOOR = metric()
BEATEN = metric("ndcg", "higher", "popularity (POP)")


def run(value, floor=0.6, spread=0.2, slug="w2"):
    made = RunState(key="/p/runs/0001-r", name="0001-r", step=10, total=10, state="finished")
    measured(made, f"quality/{slug}", [10], [value])
    made.floors = {slug: floor, f"spread/{slug}": spread}
    return made


def test_a_floor_and_a_baseline_are_told_apart():
    assert metric_reference.in_short(FLOOR) == "lower is better; floor: real against real"
    assert metric_reference.in_short(BEATEN) == "higher is better; baseline: popularity (POP)"
    assert metric_reference.in_short(None) == metric_reference.explained(None) == ""
    assert "Lower is better. The floor is" in metric_reference.explained(FLOOR)
    assert "The baseline is popularity (POP)" in metric_reference.explained(BEATEN)


def test_real_data_are_no_floor_of_what_should_be_high():
    valid = metric("valid", "higher")
    assert metric_reference.bar(valid, {"valid": 1.0}, "valid") == "real 1"
    assert metric_reference.in_short(valid) == "higher is better; real: real against real"
    assert "Higher is better. Real is the same metric" in metric_reference.explained(valid)
    assert metric_reference.bar(FLOOR, {"w2": 0.5}, "w2") == "floor 0.5"
    assert metric_reference.bar(BEATEN, {"ndcg": 0.5}, "ndcg") == "baseline 0.5"


def test_a_floor_of_something_else_than_real_pairs_says_of_what():
    bar = "real against real, each jet under its own conditions: what is lost"
    asked = metric("pt-error", bar=bar)
    assert metric_reference.bar_word(asked) == "floor"
    assert metric_reference.in_short(asked) == f"lower is better; floor: {bar}"
    said = metric_reference.explained(asked)
    assert (
        "the same metric of real data, each jet under its own conditions: what is lost, ±" in said
    )


def test_a_line_of_the_inspector_says_both():
    (row,) = figures(run(0.9, slug="ndcg"), str, lambda slug: BEATEN)
    assert row.floor == "baseline 0.6 ±\u00a00.2"
    assert row.when == "at step 10"
    assert "popularity" in row.tip
    state = SimpleNamespace(catalog=SimpleNamespace(get=lambda kind, slug: BEATEN))
    assert qualities(run(0.9, slug="ndcg"), state)[0][2].startswith("baseline 0.6 ±")


@pytest.mark.parametrize(("value", "within"), [(0.342, True), (0.7, True), (1.1, False)])
def test_a_figure_near_its_floor_is_not_told_from_it(value, within):
    """Below the floor by less than it varies, a figure is no better than real data."""
    (row,) = figures(run(value), str, lambda slug: FLOOR)
    assert row.near == within
    assert LEVELS.get(row.stand) == ("good" if within else "warm")
    said, level = judged(FLOOR, {"w2": 0.6, "spread/w2": 0.2}, "w2", value, 2000)
    told = "within the noise floor at n = 2,000" if within else "1.83 × the floor at n = 2,000"
    assert (said.replace("\u00a0", " "), level) == (told, "good" if within else "warm")


@pytest.mark.parametrize(
    ("entry", "floors", "value", "n", "words"),
    [(FLOOR, {"w2": 0.5}, 1.0, 2000, "2 × the floor at n = 2,000"),
     (FLOOR, {"w2": 0.5}, 0.4, None, "as good as real data"),
     (FLOOR, {}, 0.4, 2000, ""),
     (FLOOR, {"w2": 0.5}, 0.4, 3, f"n = 3 {FEW}"),
     (FLOOR, {"w2": 0.5, "spread/w2": 0.2}, 1.2, 3, f"n = 3 {FEW}"),
     (FLOOR, {}, 1.2, 3, "n = 3: too few to conclude anything"),
     (BEATEN, {"ndcg": 0.2}, 0.3, 3, "n = 3: too few to conclude anything"),
     (FLOOR, {"w2": 0.5, "spread/w2": 0.2}, 5.0, 3, "10 × the floor at n = 3"),
     (FLOOR, {"w2": 5.0, "spread/w2": 0.2}, 0.5, 3, f"n = 3 {FEW}"),
     (metric(better="higher"), {"w2": 1.0, "spread/w2": 0.1}, 0.3, 3, "0.7 below real at n = 3"),
     (metric(better="higher"), {"w2": 1.0}, 0.75, 2000, "0.25 below real at n = 2,000"),
     (metric(better="near"), {"w2": 0.5}, 0.25, 2000, "0.25 below real at n = 2,000"),
     (metric(better="near"), {"w2": 0.5}, 0.75, 2000, "0.25 above real at n = 2,000"),
     (BEATEN, {"ndcg": 0.2}, 0.3, 2000, "beats the baseline"),
     (BEATEN, {"ndcg": 0.4}, 0.3, 2000, "does not beat the baseline"),
     (BEATEN, {"ndcg": 0.4, "spread/ndcg": 0.06}, 0.3, 2000, "as good as the baseline")],
)  # fmt: skip
def test_a_verdict_says_how_a_figure_stands(entry, floors, value, n, words):
    assert judged(entry, floors, entry.slug, value, n)[0].replace("\u00a0", " ") == words


def learning(*figures, of=250, spread=0.05, slug="w2", floor=0.2):
    """Return a run whose figures, of so many samples each, are all held against one floor."""
    made = RunState(key="/p/runs/0001-r", name="0001-r", step=90, total=90, state="finished")
    steps = [10 * n for n in range(1, len(figures) + 1)]
    measured(made, f"quality/{slug}", steps, list(figures))
    measured(made, "cost/samples", steps, [of] * len(figures))
    measured(made, f"cost/floor/{slug}", steps, [floor] * len(figures))
    made.floors = {slug: floor, f"spread/{slug}": spread}
    return made


@pytest.mark.parametrize(
    ("made", "words"),
    [(learning(0.25), f"n = 250 {FEW}"),
     (learning(0.6, 0.25), f"n = 250 {FEW}"),  # early in a training, which has only begun to learn
     (learning(0.15, of=100), f"n = 100 {FEW}"),  # below the floor, which is as wide
     (learning(0.35, 0.25, of=2000), "within the noise floor at n = 2,000"),
     (learning(0.35, 0.33), "1.65 × the floor at n = 250"),  # what is told needs no more samples
     (learning(1.5, 1.0, spread=0.0, floor=1.0), f"n = 250 {FEW}"),
     (learning(1.5, 1.0, spread=0.0, floor=1.0, of=1000), "as good as real data at n = 1,000")],
)  # fmt: skip
def test_few_samples_never_praise_a_model_and_say_how_many_would(made, words):
    state = SimpleNamespace(get=lambda kind, slug: FLOOR)
    assert verdict_of(made, state).words.replace("\u00a0", " ") == words
    (row, *_) = figures(made, str, lambda slug: FLOOR)
    assert row.near == words.startswith("within")
    listed = counts([made], RunFinding(), state)["Against the floor"]
    facet = {
        "n": "Of too few samples",
        "within": "Within the noise floor",
        "as": "As good as real data",
    }
    assert listed == {facet.get(words.split()[0], "Differs from real data"): 1}


def test_what_one_figure_cannot_tell_another_one_may():
    """A mass may be at its floor while prongs are far from theirs: that is not as good as real."""
    made = learning(0.35, 0.25, of=2000)
    state = SimpleNamespace(get=lambda kind, slug: metric(slug))
    assert verdict_of(made, state).level == "good"
    for slug, value in (("near", 0.21), ("far", 0.5), ("farther", 0.6)):
        measured(made, f"quality/{slug}", [10, 20], [1.0, value])
        made.floors |= {slug: 0.2, f"spread/{slug}": 0.05}
    found = verdict_of(made, state)
    said = found.words.replace("\u00a0", " ")
    assert (said, found.level) == (
        "differs from real data by FARTHER; this metric is within the floor",
        "warm",
    )
    asked = {"evaluated": 0.9, "still": 0.9}
    floors = {"evaluated": 0.2, "spread/evaluated": 0.05, "still": 0.2, "spread/still": 0.0}
    made.evaluated = Evaluated(step=10, seed=0, values=asked, floors=floors)
    assert "FARTHER" in verdict_of(made, state).words, "that is of another step"
    made.evaluated = Evaluated(step=20, seed=0, values=asked, floors=floors)
    assert (
        verdict_of(made, state).words
        == "differs from real data by EVALUATED; this metric is within the floor"
    )
    (far,) = [verdict_of(made, state, slug) for slug in ("far",)]
    assert far.words.startswith("2.5 × the floor"), "it says so itself"
    assert counts([made], RunFinding(), state)["Against the floor"] == {"Differs from real data": 1}


def test_what_few_samples_cannot_tell_by_one_figure_they_tell_by_another():
    """A hundred graphs are too few for the MMD of degrees, and enough to see how many are valid."""
    made = learning(0.25)
    state = SimpleNamespace(get=lambda kind, slug: metric(slug, better="higher"))
    measured(made, "quality/valid-graphs", [10], [0.55])
    made.floors |= {"valid-graphs": 0.8, "spread/valid-graphs": 0.04}
    found = verdict_of(made, state)
    assert (found.words, found.level) == (
        "differs from real data by VALID-GRAPHS; n is too small for this metric",
        "warm",
    )
    assert counts([made], RunFinding(), state)["Against the floor"] == {"Differs from real data": 1}


def told_by(made, slug, value):
    """Let a metric tell a run from real at its newest step."""
    measured(made, f"quality/{slug}", [made.step], [value])
    made.floors |= {slug: 0.98, f"spread/{slug}": 0.005}


def test_a_model_that_is_told_a_class_is_judged_as_one_that_is_not():
    """A diffusion of digits was "told from real by Label accuracy", beside a GAN that is never
    asked for a class and is farther from real.
    """
    made, asked = learning(0.35, 0.25, of=2000), metric("label-accuracy", "higher")
    state = SimpleNamespace(get=lambda kind, slug: asked if slug == asked.slug else metric(slug))
    made.step = 20
    told_by(made, "label-accuracy", 0.94)
    assert verdict_of(made, state).words.startswith("differs from real data by LABEL-ACCURACY")
    asked = msgspec.structs.replace(asked, conditional=True)
    found = verdict_of(made, state)
    assert (found.stand, found.level) == ("same", "good")
    alone = verdict_of(made, state, "label-accuracy")
    assert (alone.words.replace("\u00a0", " "), alone.level, alone.stand) == (
        "0.04 below real at n = 2,000; not part of the verdict: it measures the condition, not "
        "realism",
        "",
        "",
    ), "in no place it tells a run from real that it does not in another"
    row = next(
        each
        for each in figures(made, str, lambda slug: asked if slug == asked.slug else FLOOR)
        if each.slug == "label-accuracy"
    )
    assert row.context == "real 0.98 ±\u00a00.005; no verdict"
    assert "It is not part of the verdict: it measures the condition, not realism" in row.tip


NEAR = msgspec.structs.replace(
    metric("nearness", "near"), far_off=["farther than unseen data", "nearer than unseen data"]
)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.31, "0.18 below real at n = 250: farther than unseen data"),
     (0.8, "0.31 above real at n = 250: nearer than unseen data")],
)  # fmt: skip
def test_too_near_and_too_far_are_said_in_words(value, words):
    """Of "0.184 below real" nobody could tell whether training data were learned by heart."""
    said, level = judged(NEAR, {"nearness": 0.49, "spread/nearness": 0.01}, "nearness", value, 250)
    assert (said.replace("\u00a0", " "), level) == (words, "warm")


def test_beyond_the_band_it_is_told_though_its_interval_holds_the_floor():
    """1.75 x the floor, 6 to 18.8 and floor 6.7: nobody could see the rule."""
    found = {"w2": 6.7, "spread/w2": 2.0}
    said, level = judged(FLOOR, found, "w2", 11.7, 250, ends=(6.0, 18.8))
    assert level == "warm"
    assert said.replace("\u00a0", " ") == (
        "1.75 × the floor at n = 250, outside the band of real data, but its interval includes the "
        "floor"
    )
    said, _ = judged(FLOOR, found, "w2", 19.0, 250, ends=(12.0, 28.0))
    assert said.replace("\u00a0", " ") == "2.84 × the floor at n = 250"
    assert "in about 5% of evaluations" in metric_reference.explained(FLOOR)


def test_of_data_that_have_no_more_nobody_is_asked_for_more():
    made = learning(0.25)
    state = SimpleNamespace(get=lambda kind, slug: FLOOR)
    made.most = 250
    said = verdict_of(made, state).words.replace("\u00a0", " ")
    assert said == f"n = 250 {FEW}, more than these data have"
    made.most = 5000
    assert verdict_of(made, state).words.replace("\u00a0", " ") == f"n = 250 {FEW}"


def test_a_compared_run_has_one_verdict_and_beside_it_what_all_have_says():
    """A run was told from real by Nearness under Quality, and in a comparison could not be."""
    state = SimpleNamespace(
        get=lambda kind, slug: metric(slug, "higher" if slug != "w2" else "lower")
    )
    often, seldom = learning(0.35, 0.25, of=2000), learning(0.35, 0.25, of=2000)
    for made in (often, seldom):
        made.step = 20
    told_by(often, "recall", 0.5)
    found = verdicts_of([often, seldom], state)
    assert replace(found[0], shared="") == verdict_of(often, state)
    assert found[0].words == "differs from real data by RECALL; this metric is within the floor"
    said = found[0].shared.replace("\u00a0", " ")
    assert said == "by the only metric, both have: within the noise floor at n = 2,000"
    assert (found[1].level, found[1].shared) == ("good", ""), "it says the same itself"
    told_by(seldom, "recall", 0.98)
    found = verdicts_of([often, seldom], state)
    assert [(each.level, each.shared) for each in found] == [("warm", ""), ("good", "")]
    told_by(seldom, "density", 0.98)
    told_by(often, "density", 0.98)
    told_by(often, "valid", 0.1)
    told_by(seldom, "recall", 0.5)
    third = verdicts_of([often, seldom, seldom], state)[0]
    assert third.shared == (
        "by the 3 metrics all 3 have: differs from real data by RECALL; this metric is within the "
        "floor"
    )
    seldom.series["cost/samples"].values[-1] = 500.0
    assert not verdicts_of([often, seldom], state)[0].shared, "500 tell less than 2,000"
    few = [learning(0.25), learning(0.25)]
    told_by(few[0], "recall", 0.5)
    said = verdicts_of(few, state)[0].shared.replace("\u00a0", " ")
    assert said == "by the only metric, both have: n = 250 is too few to be sure"
    unmeasured = RunState(key="/p/runs/0002-r", name="0002-r")
    assert verdicts_of([unmeasured, often], state, "w2")[0] is None


def asked_for(made, step, n, value=0.19, floor=0.15):
    """Let somebody ask for an evaluation of a run."""
    made.evaluated = Evaluated(
        step, 7, {"w2": value}, {"w2": floor, "spread/w2": 0.03}, {"w2": n}, {"w2": (0.17, 0.22)}
    )  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("step", "n", "wins"),
    [
        (20, 2000, True),
        (20, 250, True),
        (90, 100, True),
        (20, 100, False),
        (19, 2000, True),  # larger, and as good as new
        (19, 250, False),
        (10, 2000, False),
    ],
)
def test_the_figure_of_a_run_is_that_of_its_better_evaluation(step, n, wins):
    """The headline stayed at the curve's last figure after an evaluation with more samples."""
    state = SimpleNamespace(get=lambda kind, slug: FLOOR)
    made = asked_for(learning(0.35, 0.25), step, n)
    made.step = max(step, 20)
    found = verdict_of(made, state)
    assert found.value == (0.19 if wins else 0.25)
    assert found.n == (n if wins else 250)
    assert found.floor == ("floor 0.15 ±\u00a00.03" if wins else "floor 0.2 ±\u00a00.05")
    assert found.when.startswith("evaluated at step" if wins else "at step 20")
    row = next(each for each in figures(made, str, lambda slug: FLOOR) if each.slug)
    assert (row.value, row.n, row.between) == (
        ("0.19", n, "0.17 to 0.22") if wins else ("0.25", 250, "")
    )
    assert quality(made)[1] == ("0.19" if wins else "0.25")
    last = qualities(made, SimpleNamespace(catalog=state))[-1]
    at = f"step {step}"
    assert last[:2] == (("Evaluated at", at) if wins else ("Measured at", "step 20"))
    assert ("seed 7" in last[2]) == wins
    before = run_at(made, 15)
    assert verdict_of(before, state).value == (0.19 if step < 15 else 0.35), "of that moment"


def test_the_headline_and_its_axis_show_the_evaluation(qtbot):
    made = asked_for(learning(0.35, 0.25), 20, 2000)
    card = StandingCard(AppState())
    qtbot.addWidget(card)
    card.show_run(made)
    assert card.headline.value.text() == "0.19"
    assert card.headline.when.text().startswith(
        "evaluated at step 20, n = 2,000; 95 %: 0.17 to 0.22"
    )
    assert card.strip.accessibleName() == "1 evaluations, the newest 0.19", "of as many samples"


def test_a_verdict_is_old_when_the_training_has_gone_on():
    made = run(0.9)
    assert not verdict_of(made, None).stale
    made.step = 100
    found = verdict_of(made, None)
    assert (found.stale, found.when, found.value) == (True, "at step 10", 0.9)
    assert verdict_of(RunState(key="/p/runs/0002-r", name="0002-r"), None) is None


def test_figures_of_so_few_say_little_wherever_they_are_listed(lens, qtbot):
    """Of two samples the floor spreads so wide that everything would be within it."""
    few = run(0.342)
    measured(few, "cost/samples", [10], [2])
    (row,) = figures(few, str, lambda slug: FLOOR)
    assert not row.near
    assert "n = 2: too few to conclude anything" in row.when
    state = SimpleNamespace(catalog=SimpleNamespace(get=lambda kind, slug: FLOOR))
    assert "too few to conclude anything" in qualities(few, state)[0][2]
    assert quality(few) == ("w2", "0.342 (n = 2)")
    line = say(AppState(), [few], "a run")
    assert line.note == "n = 2", "what says little leaves the room to the name"
    assert "0.342 (n = 2)" in line.spoken

    from pushforward.studio.app.lenses.quality.quality_view import QualityView

    lens.measure("quality/w2", [1], [0.5])
    lens.measure("cost/samples", [1], [2])
    view = QualityView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.show()
    assert "Metrics use 2 samples: too few to conclude anything" in view._words.text()
    own = msgspec.structs.replace(lens.run.spec.dataset, slug="project:trees")
    lens.run.spec = msgspec.structs.replace(lens.run.spec, dataset=own)
    view._redraw()
    said = "2 samples are too few; import with a larger test split"
    assert said in view._words.text()


def test_what_is_to_be_kept_in_mind_is_read_whole(lens, qtbot):
    """In the bar nothing but "Step 2,000 of …" was left of it."""
    from pushforward.studio.app.lenses.quality.quality_view import QualityView

    lens.measure("quality/w2", [1], [0.5])
    lens.measure("cost/samples", [1], [2])
    view = QualityView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.resize(600, 500)
    view.show()
    assert view.isAncestorOf(view._words)
    assert not view.bar.isAncestorOf(view._words)
    assert view._words.wordWrap()
    assert not any(isinstance(each, Elided) for each in view.bar.findChildren(QLabel))


def test_a_baseline_may_be_beaten_by_little():
    (row,) = figures(run(0.61, slug="ndcg"), str, lambda slug: BEATEN)
    assert "spread" not in row.when


def test_the_charts_say_both(lens, qtbot):
    from pushforward.studio.app.lenses.quality.quality_view import QualityView

    catalog = lens.state.catalog
    entries = [*catalog.entries, FLOOR, BEATEN]
    lens.state.catalog = msgspec.structs.replace(catalog, entries=entries)
    for slug in ("w2", "ndcg"):
        lens.measure(f"quality/{slug}", [1, 2], [0.5, 0.4])
        lens.run.floors[slug] = 0.1
    view = QualityView(lens.state, lens.actions)
    qtbot.addWidget(view)
    view.show()
    cards = view.cards
    notes = {name: card.note.accessibleName() for name, card in cards.items()}
    assert notes == {
        "quality/w2": "lower is better; floor: real against real",
        "quality/ndcg": "higher is better; baseline: popularity (POP)",
    }
    assert cards["quality/ndcg"].scene.curves[0].bar == "baseline"
    assert "baseline 0.1" in cards["quality/ndcg"].plot.accessibleDescription()


def test_a_note_is_one_line_below_its_figure_in_a_narrow_column(qtbot):
    """Beside it, it took four lines of a word or two."""
    state = AppState()
    shown = Qualities(state)
    qtbot.addWidget(shown)
    shown.resize(292, 60)
    made = run(0.00627, floor=0.0017, spread=0.001)
    measured(made, "cost/samples", [10], [2000])
    shown.show_run(made)
    shown.show()
    labels = shown.findChildren(QLabel)
    (note,) = [each for each in labels if each.text().startswith("floor 0.0017")]
    (value,) = [each for each in labels if each.text() == "0.00627"]
    assert note.y() >= value.y() + value.height()
    assert note.heightForWidth(note.width()) <= note.height() < 2 * note.fontMetrics().height()


def test_figures_stand_beside_each_other_where_there_is_room(qtbot):
    """Below tiles they took a third of a window of 1280 x 720, each over its whole width."""
    shown = Qualities(AppState())
    qtbot.addWidget(shown)
    made = run(0.00627, floor=0.0017, spread=0.001)
    measured(made, "cost/samples", [10], [2000])
    heights = {}
    for width in (292, 900):
        shown.show_run(made)
        shown.resize(width, 60)
        shown.show()
        QApplication.processEvents()
        cells = [title.geometry() for title, _, _ in shown._cells]
        assert (cells[1].x() > cells[0].right()) == (width == 900)
        assert (cells[1].y() > cells[0].bottom()) == (width == 292)
        heights[width] = shown.minimumSizeHint().height()
    assert heights[900] < 0.6 * heights[292]
