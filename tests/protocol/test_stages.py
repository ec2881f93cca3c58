"""The formulas of a stage follow the settings of the run."""

from pushforward.studio.protocol.catalog import Dependency, LineSpec, StageSpec

LOSS = LineSpec(
    formula="log σ(d)",
    source="A 2020, eq. 1",
    by="loss",
    formulas={"hinge": "max(0, 1 − d)"},
    sources={"hinge": "B 2021, eq. 2"},
    aspect="loss",
)
PATH = LineSpec(
    by="path",
    formulas={"line": "x = t x₀"},
    source="C 2022",
    only=Dependency(path="density", values=["time"]),
)
FIT = StageSpec(
    name="fit", title="Fit the critic", formula="log σ(d)", source="A 2020", lines=[LOSS, PATH]
)


def test_a_setting_with_a_formula_of_its_own_shows_it_with_its_source() -> None:
    said = FIT.under({"loss": "hinge"})
    assert (said.formula, said.source) == ("max(0, 1 − d)", "B 2021, eq. 2")
    assert [line.aspect for line in said.lines] == ["loss"]


def test_any_other_value_or_none_shows_the_usual_one() -> None:
    assert FIT.under({"loss": "logistic"}).formula == "log σ(d)"
    assert FIT.under({}).formula == "log σ(d)"


def test_a_line_is_there_only_where_its_setting_matters() -> None:
    settings = {"loss": "hinge", "path": "line"}
    assert FIT.under(settings | {"density": "even"}).formula == "max(0, 1 − d)"
    said = FIT.under(settings | {"density": "time"})
    assert said.formula == "max(0, 1 − d),  x = t x₀"
    assert said.source == "B 2021, eq. 2; C 2022"
    assert FIT.under({"path": "none", "density": "time"}).formula == "log σ(d)"


def test_what_is_said_under_settings_stays_said() -> None:
    said = FIT.under({"loss": "hinge"})
    assert said.under({"loss": "logistic"}) == said
