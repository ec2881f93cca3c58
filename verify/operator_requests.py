"""How claims ask a trained model for what an operator does. Importing this registers nothing."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from pushforward.models.config import decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.learner import Learner, finish
from pushforward.models.operators.base import Operation, Outcome
from pushforward.models.registry import registry

__all__ = ["done", "run_operator"]


def done(
    slug: str,
    learner: Learner[Any],
    handed: Mapping[str, Batch],
    *,
    given: Mapping[str, Tensor] | None = None,
    sampler: Any = None,
    **settings: Any,
) -> Outcome:
    """Return what an operator makes of rows, in the units of the data, with some settings."""
    entry = registry.get("operator", slug)
    operation = Operation(learner, sampler, given or {}, handed)
    found: Outcome = finish(entry.make(decode(entry.config, settings)).work(operation))
    return found


def run_operator(
    slug: str, learner: Learner[Any], handed: Mapping[str, Batch], **more: Any
) -> Tensor:
    """Return the rows that an operator makes, (m, *shape); see `done`."""
    found = done(slug, learner, handed, **more).rows
    assert found is not None
    return found.x
