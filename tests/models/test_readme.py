"""The examples of the README are run as they stand there, one after the other."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from pushforward.models.config import NoConfig, Pick
from pushforward.models.metrics.base import Evidence
from pushforward.models.nets import role
from pushforward.models.nets.offered import kinds_of
from pushforward.models.nets.pick import build
from pushforward.models.operators.base import Operation
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator

README = Path(__file__).resolve().parents[2] / "models" / "README.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
LONGEST = 25  # lines, as the formatter breaks them


@pytest.fixture
def added() -> Iterator[None]:
    before = {kind: dict(mine) for kind, mine in registry._entries.items()}
    for number, example in enumerate(EXAMPLES):
        exec(compile(example, f"{README.name}, example {number + 1}", "exec"), {})
    yield
    registry._entries.clear()
    registry._entries.update(before)


def test_there_are_five_and_they_are_short() -> None:
    assert len(EXAMPLES) == 5
    assert max(example.count("\n") for example in EXAMPLES) <= LONGEST


@pytest.mark.usefixtures("added")
def test_they_work_together() -> None:
    data = registry.get("kind", "tables").make(400, 0)
    spec = data.spec()
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
    work = registry.get("operator", "middle").make(NoConfig()).work(Operation(learner))
    assert next(work).done == 100
    with pytest.raises(StopIteration) as end:
        next(work)
    assert end.value.value.arrays["middle"].shape == (2,)
