"""What follows from the kind of the data: which models and metrics fit, and other defaults."""

from collections.abc import Mapping
from typing import Any

from models.registry import Entry, registry
from studio.protocol.messages import ErrorInfo
from studio.protocol.spec import Pick

__all__ = ["DEFAULT_METRICS", "TRAINING_DEFAULTS", "modality_of", "picked_modality", "unfit"]

DEFAULT_METRICS: Mapping[str, tuple[str, ...]] = {
    "points": ("sliced-w2", "energy-distance"),
    "images": ("frechet-judge", "label-balance"),
}
# Images are looked at one by one, and each is as large as a hundred points.
TRAINING_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "images": {"particles": 64, "frames": 16, "batch": 128, "evaluate_samples": 1000},
}


def modality_of(dataset: Entry | None) -> str:
    """Return the kind of a registered data set; imported ones (None) are points."""
    return dataset.modalities[0] if dataset is not None else "points"


def picked_modality(dataset: Pick) -> str:
    """Return the kind of a data set by its slug; one that is not known here counts as points."""
    entries = {entry.slug: entry for entry in registry.all("dataset")}
    return modality_of(entries.get(dataset.slug))


def unfit(family: Entry, dataset: Entry | None) -> list[ErrorInfo]:
    """Return the problem that a family cannot make data of this kind, if it cannot."""
    modality = modality_of(dataset)
    if modality in family.modalities:
        return []
    name = f"the data set {dataset.title}" if dataset is not None else "the imported data set"
    can = " and ".join(family.modalities)
    return [
        ErrorInfo(
            kind="user",
            message=f"family: {family.title} makes {can}, and {name} holds {modality}.",
            hint=f"Choose a model for {modality}, or another data set.",
            path="family",
        )
    ]
