"""Rows of a set that a model has not learned, which a person picks: whether it applies to them, and
which of their classes it knows.
"""

from dataclasses import replace

import torch

from pushforward.models.config import Pick, decode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.data import RowSource
from pushforward.models.contracts.spec import LABEL, DataSpec
from pushforward.models.contracts.unconditional import UNCONDITIONAL
from pushforward.models.operators.base import Operation
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator

__all__ = ["misfit", "other_rows", "registered"]


def misfit(rows: DataSpec, model: DataSpec) -> str:
    """Say why a model cannot be asked about rows, going on after their name, "" where it can."""
    if rows.kind != model.kind:
        return f"holds {rows.kind}; the model has learned {model.kind}"
    if rows.shape != model.shape:
        learned = _form(model.shape)
        return f"has rows of the form {_form(rows.shape)}, those that the model learned {learned}"
    if rows.symbols != model.symbols:
        return f"has {rows.symbols} symbols; the model has learned {model.symbols}"
    return ""


def registered(pick: Pick, n: int, seed: int) -> RowSource:
    """Return a set of the registry: n rows that are drawn for a seed, or those of a finite one from
    which no model learns.

    Raises:
        ValueError: there is no such set, or its settings are wrong.
    """
    try:
        entry = registry.get("dataset", pick.slug)
    except KeyError as error:
        raise ValueError(f"{error.args[0]}.") from error
    config = decode(entry.config, pick.config)
    rows: RowSource = entry.make(config).test if entry.finite else entry.make(config, n, seed)
    return rows


def other_rows(operation: Operation, pick: Pick, n: int, seed: int, stream: int) -> Batch:
    """Return n rows of another set, all where it has fewer, chosen by ``stream`` of a seed. The
    model is conditioned on a class if it knows one of that name, and on none otherwise.

    Raises:
        ValueError: there is no such set, or the model cannot be asked about its rows.
    """
    source = (operation.other or registered)(pick, n, seed)
    own, model = source.spec(), operation.learner.spec
    if reason := misfit(own, model):
        raise ValueError(f"{pick.slug} {reason}.")
    order = torch.randperm(len(source), generator=make_generator(seed, stream))
    rows, known = source.rows(order[:n]), model.given.get(LABEL)
    if known is None:
        return rows
    label = torch.full((len(rows),), UNCONDITIONAL)
    if LABEL in rows.given:
        label = rows.given[LABEL]
        names = own.given[LABEL].names if LABEL in own.given else ()
        if names != known.names:
            numbers = [known.names.index(x) if x in known.names else UNCONDITIONAL for x in names]
            label = (
                torch.tensor(numbers)[label] if numbers else torch.full_like(label, UNCONDITIONAL)
            )
    return replace(rows, given={**rows.given, LABEL: label})


def _form(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
