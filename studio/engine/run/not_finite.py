"""Samples that hold infinities or no numbers: they are counted, and never written in silence."""

from pushforward.models.contracts.spec import DataSpec
from pushforward.models.operators.base import Outcome
from pushforward.studio.engine.kinds.base import kind_of

__all__ = ["describe_not_finite"]


def describe_not_finite(outcome: Outcome, spec: DataSpec) -> str:
    """Say how many samples hold infinities or no numbers, and what to do; "" for none."""
    if outcome.rows is None:
        return ""
    kind = kind_of(spec.kind)
    bad = len(outcome.rows) - int(kind.finite(outcome.rows).sum())
    if not bad:
        return ""
    hold = "holds" if bad == 1 else "hold"
    return (
        f"{bad:,} of {kind.counted(len(outcome.rows))} {hold} values that are not finite: train "
        "for more steps, or choose another sampler or more of its steps."
    )
