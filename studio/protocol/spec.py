"""What a run is, before it starts: frozen when it is queued, written to ``run.toml`` resolved."""

from typing import Any

import msgspec

__all__ = ["Pick", "Recipe", "RunSpec"]


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """A registered thing and its settings; missing settings take their default.

    A dataset's slug may also be ``project:<name>``: a data set imported into the project.
    """

    slug: str
    config: dict[str, Any] = {}


class RunSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A training, completely: the same spec gives the same losses on the same device.

    ``training`` holds the settings of the catalogue entry of kind "training" (steps, batch, seed,
    device, how often to evaluate, checkpoint and keep frames).
    """

    name: str
    family: Pick
    dataset: Pick
    training: dict[str, Any] = {}
    sampler: Pick | None = None
    metrics: list[Pick] = []


class Recipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gallery card (``resources/recipes/<slug>.toml``, thumbnail beside it as ``.png``)."""

    slug: str
    title: str
    summary: str
    teaches: str
    source: str
    modality: str
    expected_seconds: float
    order: int = 100
    run: RunSpec
