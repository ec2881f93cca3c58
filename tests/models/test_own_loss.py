"""The own loss of each particle of a training step, as slow motion shows it."""

import torch

from pushforward.models.contracts.abilities import ShowsOwnLoss
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import LOSS
from pushforward.models.kinds.points import PointSet
from pushforward.models.tensors import make_generator
from tests.models.test_guidance_lab import learner

POINTS = PointSet(torch.randn(64, 2, generator=make_generator(0)), ("x", "y"))


def walked(family: object, stage: str) -> tuple[dict[str, torch.Tensor], Batch]:
    batch = family.spec.standardised(POINTS.rows(slice(16)))
    for name, scene in family.walk(batch):
        if name == stage:
            return scene, batch
    raise AssertionError(f"no stage {stage}")


def test_a_denoiser_loses_more_where_it_is_further_from_the_datum() -> None:
    family = learner("edm", POINTS, weight="simple", precond="eps")
    scene, batch = walked(family, "noise")
    assert isinstance(family.field, ShowsOwnLoss)
    before = torch.random.get_rng_state()
    own = family.field.own_loss(scene, batch)
    assert torch.equal(before, torch.random.get_rng_state()), "no random number is drawn"
    away = (own["denoised"] - scene["real"]).square().mean(dim=1)
    weight = family.field._weigh(scene["level"])
    torch.testing.assert_close(own[LOSS], weight * away)
    assert own[LOSS].shape == (16,)
    assert not own[LOSS].requires_grad


def test_the_mean_of_the_own_losses_of_a_critic_is_its_loss_of_particles() -> None:
    family = learner("gan", POINTS)
    scene, batch = walked(family, "fit")
    own = family.field.own_loss(scene, batch)[LOSS]
    d = family.field.value(scene["particles"])
    torch.testing.assert_close(own.mean(), family.field.loss.fake(d).mean())


def test_a_stage_that_knows_too_little_has_none() -> None:
    family = learner("edm", POINTS)
    scene, batch = walked(family, "draw")
    assert family.field.own_loss(scene, batch) == {}
