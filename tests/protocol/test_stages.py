"""The formula of a stage follows the settings of the run."""

from studio.protocol.catalog import StageSpec

FIT = StageSpec(
    name="fit",
    title="Fit the critic",
    formula="log σ(d)",
    source="",
    by="loss",
    formulas={"hinge": "max(0, 1 − d)"},
)


def test_a_setting_with_a_formula_of_its_own_shows_it() -> None:
    assert FIT.under({"loss": "hinge"}).formula == "max(0, 1 − d)"


def test_any_other_value_or_none_shows_the_usual_one() -> None:
    assert FIT.under({"loss": "logistic"}).formula == "log σ(d)"
    assert FIT.under({}).formula == "log σ(d)"
