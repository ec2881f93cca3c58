"""Every generator that maps latents to samples as a source of views, and its latents steered."""

from typing import Any

import pytest
import torch

from pushforward.models.config import decode
from pushforward.models.contracts.family import Family
from pushforward.models.contracts.learner import finish
from pushforward.models.families.represent.representation import (
    Representation,
    RepresentationConfig,
)
from pushforward.models.nets.offered import kinds_of
from pushforward.models.nets.pick import filled
from pushforward.models.operators.base import Operation
from pushforward.models.operators.steer_latent import AMOUNTS
from pushforward.models.registry import registry
from pushforward.models.representation.source import ViewSource
from pushforward.models.representation.steering import EDITS
from pushforward.models.tensors import make_generator
from tests.models import tracks
from tests.models.pairs import FAMILIES, PAIRS, Pair, build, each, lightest

STEER = registry.get("operator", "steer-latent")
STUDENT = registry.get("family", "representation")
TAKEN = [pair for pair in PAIRS if pair.kind.slug in kinds_of(STUDENT)]
SOURCES = [
    lightest(entry, TAKEN)
    for entry in FAMILIES
    if "deterministic" in entry.abilities and any(pair.entry is entry for pair in TAKEN)
]
IMAGES = {pair.entry.slug: pair for pair in PAIRS if pair.kind.slug == "images"}
STEERED = [IMAGES[slug] for slug in ("vae", "gan", "edm")]


def test_generators_autoencoders_flows_and_diffusions_are_sources_and_chance_is_none() -> None:
    slugs = {pair.entry.slug for pair in SOURCES}
    assert {
        "gan", "score-gan", "vae", "normalising-flow", "flow-matching", "consistency-distillation",
        "edm",
    } <= slugs  # fmt: skip
    assert not {"autoregressive", "energy-based", "monoflow", "d3pm"} & slugs


@each(SOURCES)
def test_a_latent_has_one_sample_and_its_numbers_decide_it(pair: Pair) -> None:
    with tracks.known():
        family = build(pair)
        assert isinstance(family, Family)
        source = ViewSource(family, 2)
        latents = source.draw(4, make_generator(1))
        z = source.numbers(latents)
        assert z.shape[0] == 4
        assert torch.equal(source.numbers(source.holding(latents, z)), z)
        x, again = source.push(latents), source.push(latents)
        assert x.shape == (4, *family.spec.shape)
        assert x.isfinite().all()
        assert torch.equal(x, again)
        assert not x.requires_grad


@pytest.mark.parametrize("pair", STEERED, ids=str)
def test_an_encoder_learns_from_neighbours_of_its_latents(pair: Pair) -> None:
    with tracks.known():
        family: Any = build(pair)
        settings = {"latent": {"kind": "gaussian", "sigma": 0.3}, "solver_steps": 2}
        config = decode(RepresentationConfig, filled(STUDENT, settings, family.spec.kind))
        student = Representation(
            config, family.spec, horizon=4, seed=0, device=family.device,
            inputs={"source": family},
        )  # fmt: skip
        rows = family.spec.standardised(pair.data.rows(slice(0, 8)))
        before = student.represent(rows.x)
        assert float(student.step(rows)["loss"]) > 0.0
        assert not torch.equal(student.represent(rows.x), before)


@pytest.mark.parametrize("pair", STEERED, ids=str)
def test_a_latent_that_is_not_moved_keeps_its_sample(pair: Pair) -> None:
    with tracks.known():
        family = build(pair)
        still, moved = (
            finish(STEER.make(decode(STEER.config, each)).work(Operation(family)))
            for each in ({"solver_steps": 2}, {"solver_steps": 2, "zoom": 2.0})
        )
    anchor, strips = still.arrays["anchor"], still.arrays["strips"]
    assert torch.equal(still.rows.x, anchor)
    assert strips.shape == (len(EDITS), len(AMOUNTS), *anchor.shape[1:])
    middle = AMOUNTS.index(0.0)
    torch.testing.assert_close(strips[:, middle], anchor.expand(len(EDITS), *anchor.shape[1:]))
    torch.testing.assert_close(moved.rows.x[0], strips[EDITS.index("zoom"), -1])
    assert float(still.arrays["explained"].max()) <= 1.0


def test_a_source_that_takes_most_of_a_step_is_said_and_what_to_choose() -> None:
    def warn(slug: str, **settings: Any) -> list[str]:
        with tracks.known():
            family: Any = build(IMAGES[slug])
            config = decode(RepresentationConfig, filled(STUDENT, settings, "images"))
            student = Representation(
                config, family.spec, horizon=4, seed=0, device=family.device,
                inputs={"source": family},
            )  # fmt: skip
            return [each for each in student.warnings() if "arithmetic" in each]

    (said,) = warn("edm", latent={"kind": "gaussian"}, solver_steps=20)
    assert "choose fewer solver steps, or frozen anchors without latent views" in said
    assert not warn("edm", anchors=300)
    assert not warn("edm", real_share=1.0, solver_steps=1)
