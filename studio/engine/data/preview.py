"""A look at a data set before anything is trained on it."""

from pathlib import Path
from typing import Any

import torch

from pushforward.models.contracts.data import RowSource
from pushforward.models.entries import DatasetEntry
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.data.datasets import Dataset, registered
from pushforward.studio.engine.data.imported_data import (
    find_imported,
    find_shares,
    find_where_it_lies,
    run_settings,
    stored_facts,
)
from pushforward.studio.engine.data.stored_rows import StoredRows
from pushforward.studio.engine.kinds.base import Arrays, kind_of
from pushforward.studio.engine.run.randomness import SAMPLES
from pushforward.studio.engine.run.resolve import pick_dataset
from pushforward.studio.protocol.spec import Pick, project_name

__all__ = ["first_rows", "preview"]

MAX_NUMBERS = 2**24
COMPARED = 4096  # rows of an imported set, of which it is said which are there twice


def first_rows(data: Dataset, n: int) -> tuple[dict[str, Any], Arrays]:
    """Return the facts and the first n rows (or as many as fit into an answer) of all that a data
    set has, as `GetRows` describes them.

    Raises:
        StoreError: they cannot be read.
    """
    whole = data.all_rows()
    spec = whole.spec()
    some = whole.take(slice(0, min(n, max(1, MAX_NUMBERS // spec.mean.numel()))))
    kind = kind_of(spec.kind)
    arrays = {**kind.preview_arrays(some), **kind.split_places(some, data.rows, data.unseen)}
    return {**kind.facts(some), "n": len(whole)}, arrays


def preview(pick: Pick, project: Path | None, n: int) -> tuple[dict[str, Any], Arrays]:
    """Return the facts and (at most) n rows of a data set, as `PreviewData` describes them.

    Raises:
        Refused: there is no such set, or it cannot be drawn or read.
    """
    choice = pick_dataset(pick)
    if choice is None:
        name = project_name(pick.slug) or ""
        settings = run_settings(pick)
        data = find_where_it_lies(name, project, settings)
        shares = find_shares(name, project, settings)
    else:
        assert isinstance(choice.entry, DatasetEntry)
        count = 0 if choice.entry.finite else n
        name, made = "", registered(choice.entry, choice.config, count, seed=0)
        data, held = made.rows, made.held
        shares = {} if held is None else {"learned": len(data), "measured": len(held)}
        if made.validates and made.unseen is not None:
            shares["tested"] = len(made.unseen)
    total, counts = len(data), _counted(data)
    spec = data.outline() if isinstance(data, StoredRows) else data.spec()
    kind = kind_of(spec.kind)
    own = kind.split_counts(data)
    told = {"n": total, "shares": shares if own is None else own, "counts": counts}
    compared = name and kind.compares and total <= COMPARED
    n = min(n, total, max(1, MAX_NUMBERS // spec.mean.numel()))
    # Files are often sorted, and whoever sees few of many is to see some of each class.
    if isinstance(data, StoredRows):
        data = data.take(torch.linspace(0, total - 1, n).long())
    data = data.take(torch.randperm(len(data), generator=make_generator(0, SAMPLES))[:n])
    told["repeats"] = _repeats(name, project) if compared else ""
    if project is not None:
        stored = stored_facts(pick.slug, project)
        told |= {fact: stored[fact] for fact in ("unit", "where") if stored.get(fact)}
    return {**told, **kind.facts(data)}, kind.preview_arrays(data)


def _repeats(name: str, project: Path | None) -> str:
    """Say which rows of an imported set are there more than once, where their kind tells."""
    made = find_imported(name, project)
    kind = kind_of(made.rows.spec().kind)
    held = [made.held] if made.held is not None else []
    held += [made.unseen] if made.unseen is not None and made.unseen is not made.held else []
    return kind.repeats(made.rows, held)


def _counted(data: RowSource) -> list[int]:
    """Return how many rows there are of each class; nothing where there are no classes, or where
    all rows would have to be read for it.
    """
    if isinstance(data, StoredRows):
        return []
    kind = kind_of(data.spec().kind)
    told = kind.labelled(data) or data
    names = kind.facts(data)["names"]
    if not names or "label" not in told.rows(slice(0, 1)).given:
        return []
    label = told.rows(slice(None)).given["label"].long()
    known = label[label >= 0]  # pixels of a scene may have no class
    return torch.bincount(known, minlength=len(names)).tolist() if len(known) else []
