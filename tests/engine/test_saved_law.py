"""The exact law of the data travels with a checkpoint: an exact field needs nothing else."""

import torch

from studio.engine.run.resolve import check
from studio.engine.run.saving import pack, saved_data
from studio.protocol.spec import Pick, RunSpec
from studio.store.checkpoint import Checkpoint


def saved(dataset: str) -> Checkpoint:
    training = {"samples": 64, "steps": 10}
    family, data = Pick(slug="edm"), Pick(slug=dataset)
    resolved = check(RunSpec(name="law", family=family, dataset=data, training=training))
    points = resolved.load_data(None).rows
    family = resolved.build(points.spec(), torch.device("cpu"))
    tensors, values = pack(family, 1, resolved.spec, points.columns)
    return Checkpoint(1, tensors, values)


def test_a_checkpoint_holds_the_law():
    mixture = saved_data(saved("ring-of-five")).mixture
    assert mixture is not None
    torch.testing.assert_close(mixture.means.norm(dim=1), torch.full((5,), 3.0))
    torch.testing.assert_close(mixture.std, torch.full((5,), 0.5))
    torch.testing.assert_close(mixture.weights, torch.full((5,), 0.2))


def test_data_of_an_unknown_law_have_none():
    assert saved_data(saved("two-moons")).mixture is None
