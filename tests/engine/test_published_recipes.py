"""Recipes in the size of a paper: too large to be trained here, and tried for a few steps."""

import msgspec
import pytest

from pushforward.studio.engine.jobs.headless import run as train
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.resources import recipes

discover()
WEIGHTS = {"pc-droid-published": 2_068_547, "pc-droid-published-tokens": 451_843}
"""Of `tests.models.test_set_nets`, where they are held against the paper's."""


@pytest.mark.parametrize("slug", WEIGHTS)
def test_pc_droid_trains_and_draws_in_the_size_of_its_paper(slug, tmp_path):
    (recipe,) = (each for each in recipes() if each.slug == slug)
    spec = check(recipe.run).spec
    config, optimizer = spec.family.config, spec.family.config["optimizer"]
    assert (config["s_min"], config["s_max"]) == (1e-5, 80.0)
    assert (config["density_mean"], config["density_std"], config["ema"]) == (-1.2, 1.2, 0.999)
    assert (optimizer["lr"], optimizer["warmup"], optimizer["clip"]) == (1e-4, 50_000, 10.0)
    assert (spec.training["batch"], spec.training["mirrored"]) == (256, False)
    brief = {"steps": 2, "batch": 4, "samples": 200, "evaluate_samples": 110, "particles": 4}
    few = Pick(slug="lms", config={**spec.sampler.config, "steps": 2})
    tiny = msgspec.structs.replace(
        recipe.run, sampler=few, training={**recipe.run.training, **brief, "frames": 2}
    )
    status = train(tiny, project=tmp_path / "p")
    assert status.state == "finished", status.error
    (log,) = (tmp_path / "p").glob("runs/*/log.txt")
    said = log.read_text("utf-8")
    assert f"{WEIGHTS[slug]:,} parameters" in said
    assert "conditioned on type, pT, eta, mass and number of constituents" in said
