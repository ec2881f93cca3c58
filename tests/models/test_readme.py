"""The examples of the README are run as they stand there, one after the other."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from pushforward.models.config import NoConfig, Pick
from pushforward.models.contracts.batch import Batch
from pushforward.models.metrics.base import Evidence
from pushforward.models.nets import role
from pushforward.models.nets.offered import kinds_of
from pushforward.models.nets.pick import build
from pushforward.models.operators.base import Operation
from pushforward.models.registry import registry
from pushforward.models.samplers.base import SamplerConfig
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.kinds.base import kind_of

README = Path(__file__).resolve().parents[2] / "models" / "README.md"
SCREEN = "### On the screen"  # what follows is tested by tests/app/test_plugins.py
EXAMPLES = re.findall(
    r"```python\n(.*?)```", README.read_text(encoding="utf-8").partition(SCREEN)[0], re.S
)
LONGEST = 25  # lines, as the formatter breaks them


@pytest.fixture
def added() -> Iterator[None]:
    before = {kind: dict(mine) for kind, mine in registry._entries.items()}
    names: dict[str, object] = {}
    for number, example in enumerate(EXAMPLES):
        exec(compile(example, f"{README.name}, example {number + 1}", "exec"), names)
    yield
    registry._entries.clear()
    registry._entries.update(before)


def test_there_are_seven_and_they_are_short() -> None:
    assert len(EXAMPLES) == 7
    assert max(example.count("\n") for example in EXAMPLES) <= LONGEST


@pytest.mark.usefixtures("added")
def test_they_work_together() -> None:
    data = registry.get("kind", "tables").make(400, 0)
    spec = data.spec()
    assert not spec.given
    told = kind_of("tables").labelled(data)
    assert told is not None
    assert told.spec().given["label"].names == ("left", "right")
    assert torch.equal(told.rows(slice(None)).given["label"], (data.x[:, 0] > 0).long())
    entry = registry.get("family", "one-gaussian")
    assert "tables" in kinds_of(entry)
    # The kind prefers the network of the second example for critics.
    critic = build(Pick(), spec, role.critic(), make_generator(0))
    assert critic(spec.standardise(data.x)).shape == (400, 1)
    learner = entry.make(NoConfig(), spec, horizon=2, seed=0, device=torch.device("cpu"))
    assert learner.step(spec.standardised(data.rows(slice(None))))["loss"] > 0.0
    *_, last = learner.flow(learner.prior(400, make_generator(1)))
    made = spec.restored(last.x)
    gap = registry.get("metric", "mean-gap").make(NoConfig())
    evidence = Evidence(data, make_generator(2), made=made, other=data.take(slice(0, 200)))
    assert gap.measure(evidence).value < 0.3
    assert gap.bar(evidence).value < 0.3
    drawn = registry.get("dataset", "slope").make(NoConfig(), 400, 0)
    assert torch.equal(drawn.x, registry.get("dataset", "slope").make(NoConfig(), 400, 0).x)
    assert float((drawn.x[:, 1] - drawn.x[:, 0]).std()) == pytest.approx(0.1, rel=0.2)
    entry = registry.get("operator", "middle")
    work = entry.make(entry.config(rows=100)).work(Operation(learner))
    assert next(work).done == 100
    with pytest.raises(StopIteration) as end:
        next(work)
    assert end.value.value.arrays["middle"].shape == (2,)


@pytest.mark.usefixtures("added")
def test_the_sampler_solves_the_probability_flow_of_a_gaussian() -> None:
    sampler = registry.get("sampler", "plain-euler").make(SamplerConfig(steps=200))
    latents = torch.randn(50, 2, generator=make_generator(0))
    *_, last = sampler.frames(lambda rows, s: Batch.of(rows).x / (1.0 + s**2), latents, 0.002, 80.0)
    exact = latents * 80.0 / math.sqrt(1.0 + 80.0**2)
    assert torch.allclose(last.x, exact, rtol=0.05)
    assert sampler.nfe() == 200
