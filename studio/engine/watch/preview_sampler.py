"""Shorten a sampler for a preview."""

from typing import Any

import msgspec

from pushforward.models.samplers.base import Sampler

__all__ = ["LEAST_STEPS", "shorten"]

LEAST_STEPS = 4


def shorten(sampler: Any, share: float) -> Any:
    """Return the same sampler with a share of its steps, at least `LEAST_STEPS`; None where it has
    no number of steps, or no more than these.

    Args:
        sampler: of a run, None for the model's own.
        share: of the steps, in (0, 1).
    """
    config = getattr(sampler, "config", getattr(sampler, "settings", None))
    steps = getattr(config, "steps", 0)
    fewer = max(LEAST_STEPS, int(share * steps))
    if config is None or fewer >= steps:
        return None
    short = type(sampler)(msgspec.structs.replace(config, steps=fewer))
    if isinstance(sampler, Sampler) and sampler.guidance is not None:
        return short.guided_by(sampler.guidance)
    return short
