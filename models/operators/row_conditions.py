"""Rows with the conditions under which a model is asked about them, or for others like them."""

from collections.abc import Mapping

from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE, DataSpec

__all__ = ["add_conditions"]


def add_conditions(spec: DataSpec, rows: Batch, chosen: Mapping[str, Tensor]) -> Batch:
    """Return rows with all their conditions, in the units of the data: what a person chose, and
    else what they say.

    Args:
        spec: of the model.
        rows: handed to an operator.
        chosen: by name, a value for all rows or one for each.

    Raises:
        ValueError: a condition is missing, there are not as many as rows, or the model has no place
            for one; a sentence that goes on after the name of the operator.
    """
    found = dict(rows.given)
    for name, value in chosen.items():
        each = value.shape not in ((), spec.given[name].shape)
        if each and len(value) != len(rows):
            raise ValueError(f"{name} must be one value, or {len(rows):,}, one for each row")
        found[name] = value.expand(len(rows), *spec.given[name].shape)
    lacking = sorted(name for name in spec.law if name not in found)
    if lacking:
        names = ", ".join(lacking)
        raise ValueError(
            f"the rows do not say {names}, which the model is conditioned on: choose it for them"
        )
    for name in spec.law:
        classes = spec.given[name].classes
        if classes and int(found[name].max()) >= classes:
            raise ValueError(f"the rows have more classes than the {classes} that the model knows")
    sizes = spec.sizes()
    if sizes is not None and SIZE in found and int(found[SIZE].max()) > sizes[1]:
        raise ValueError(
            f"a row has {int(found[SIZE].max())} places, and the model has room for {sizes[1]}"
        )
    return Batch(rows.x, rows.mask if rows.mask is not None else spec.mask_of(found), found)
