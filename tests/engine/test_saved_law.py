"""What is said of the data travels with a checkpoint: a model is sampled without them, and an exact
field needs nothing but their law.
"""

from dataclasses import fields, is_dataclass

import pytest
import torch

from pushforward.models.registry import discover, registry
from pushforward.studio.engine.data.specs import spec_from, spec_parts
from pushforward.studio.engine.run.checkpoint_state import pack, saved_data
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.checkpoint import Checkpoint


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


def assert_equal(one: object, other: object, where: str = "spec") -> None:
    """Compare field by field, so that one which is added later is not forgotten."""
    assert type(one) is type(other), where
    if isinstance(one, torch.Tensor):
        assert torch.equal(one, other), where
    elif isinstance(one, dict):
        assert one.keys() == other.keys(), where
        for name in one:
            assert_equal(one[name], other[name], f"{where}.{name}")
    elif is_dataclass(one):
        for field in fields(one):
            name = field.name
            assert_equal(getattr(one, name), getattr(other, name), f"{where}.{name}")
    else:
        assert one == other, where


discover()


@pytest.mark.parametrize("kind", registry.all("kind"), ids=lambda kind: kind.slug)
def test_all_that_is_said_of_a_kind_comes_back(kind):
    spec = kind.make(60, 0).spec()
    assert_equal(spec_from(*spec_parts(spec)), spec)
