"""Captions of samples say how these were drawn, and when the figures below are of others."""

import msgspec
import pytest

from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.runs import RunState, Series
from pushforward.studio.app.core.sampling_settings import (
    drawn_by,
    evaluations_of,
    figures_apart,
    sampled_by,
)
from pushforward.studio.app.places.setup.setup_summary import costs
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.client.fakes.catalog import catalog

LED = {"slug": "classifier-free", "config": {"strength": 2.0}}
OWN = {"steps": 18, "churn": 0.0}
LED_BY = (
    "These samples are guided by classifier-free guidance of strength 2. The metrics of the run "
    "are "
    "of samples without guidance."
)
APART = "The metrics of the run are of different samples: "


def heun(**config):
    return Pick(slug="heun", config=config)


def spec(**config):
    sampler = heun(**config) if config else None
    return RunSpec(
        name="r", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"), sampler=sampler
    )


@pytest.mark.parametrize(
    ("own", "drawn", "caption", "figures"),
    [
        # The run's own sampler, all of whose settings a result spells out.
        (spec(**OWN), heun(**OWN, grid={"kind": "edm-rho"}, guidance={"slug": ""}), "", ""),
        (spec(), heun(steps=18), "", ""),
        (spec(**OWN, guidance=LED), None, "guidance 2", "without guidance"),
        (spec(**OWN, guidance=LED), heun(**OWN, guidance=LED), "guidance 2", "without guidance"),
        # Drawn as the figures are, but not as the run draws.
        (spec(**OWN, guidance=LED), heun(**OWN, guidance={"slug": ""}), "without guidance", ""),
        (spec(**OWN), heun(steps=5, churn=0.0), "Heun in 5 steps", "Heun in 18 steps"),
        (spec(**OWN), heun(steps=18, churn=9.0), "Heun in 18 steps", "Heun in 18 steps"),
        (
            spec(**OWN),
            Pick(slug="ddim", config={"steps": 5, "guidance": LED}),
            "ddim in 5 steps, guidance 2",
            "Heun in 18 steps, without guidance",
        ),
    ],
)  # fmt: skip
def test_what_drew_samples_is_told_where_figures_are_of_others(own, drawn, caption, figures):
    assert sampled_by(own, drawn, catalog()) == caption
    told = {"": "", "without guidance": LED_BY}.get(figures, f"{APART}{figures}.")
    assert figures_apart(own, drawn, catalog()) == told


def test_what_drew_a_film_is_named_with_its_steps_and_what_led_it():
    assert drawn_by(spec(), heun(**OWN, guidance=LED), catalog()) == "Heun in 18 steps, guidance 2"
    assert drawn_by(spec(), heun(steps=5), catalog()) == "Heun in 5 steps"
    assert drawn_by(None, heun(steps=5), catalog()) == "heun"


def test_evaluations_are_called_the_same_wherever_they_are_counted():
    """Guidance asks twice a step: where a run is measured without it, it is said."""
    run = RunState(key="/p/runs/0001-r", name="0001-r", spec=spec(**OWN, guidance=LED))
    run.series["cost/nfe"] = Series()
    run.series["cost/nfe"].extend([100], [35.0])
    assert evaluations_of(run) == "35 evaluations without guidance"
    run.spec = spec(**OWN)
    assert evaluations_of(run) == "35 evaluations"
    draft = Draft(spec=spec(**OWN, guidance=LED), evaluations=70)
    assert "70 evaluations a sample with guidance" in costs(draft, catalog()).replace("\u00a0", " ")


def test_a_model_without_a_sampler_and_an_unknown_one_say_nothing():
    gan = msgspec.structs.replace(spec(), family=Pick(slug="gan"))
    for own, known in ((gan, catalog()), (None, catalog()), (spec(**OWN), None)):
        assert sampled_by(own, None, known) == figures_apart(own, None, known) == ""


def test_figures_are_by_the_averages_of_the_run():
    said = figures_apart(spec(**OWN), heun(**OWN), catalog(), averaged=True)
    assert said == f"{APART}with its own EMA weights."
