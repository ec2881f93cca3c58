"""Rows of unknown class: a model is conditioned on none, rather than on a random one."""

from dataclasses import replace

import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL
from pushforward.models.contracts.unconditional import UNCONDITIONAL
from pushforward.models.operators.base import Operation
from pushforward.models.operators.editing import ROWS

__all__ = ["NAMELESS", "nameless", "unnamed"]

NAMELESS = "unknown, and the model is unconditional"
"""Where the conditions of images of unknown kind come from, as `Outcome.taken_from` has it."""


def nameless(operation: Operation, x: Tensor) -> Batch:
    """Return images (n, C, H, W) without a class condition, since they may belong to no class."""
    known = LABEL in operation.learner.spec.given
    return Batch(x, given={LABEL: torch.full((len(x),), UNCONDITIONAL)} if known else {})


def unnamed(operation: Operation) -> tuple[Operation, str]:
    """Return the operation without classes for its input rows, if neither they nor the user name
    one, and the source of the conditions: "" if nothing is changed. A model that was trained
    without label dropout has no unconditional prediction: it keeps the class frequencies of the
    data.
    """
    rows = operation.handed[ROWS]
    learner = operation.learner
    config = getattr(learner, "config", None)
    known = LABEL in learner.spec.given and getattr(config, "label_dropout", 1.0) > 0.0
    if not known or LABEL in rows.given or LABEL in operation.given:
        return operation, ""
    given = {**rows.given, LABEL: torch.full((len(rows),), UNCONDITIONAL)}
    handed = {**operation.handed, ROWS: Batch(rows.x, rows.mask, given)}
    return replace(operation, handed=handed), NAMELESS
