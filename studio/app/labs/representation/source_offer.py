"""What a representation without a source can do: learn from a trained generator of its data."""

from collections.abc import Callable
from typing import Any

import msgspec

from pushforward.studio.app.core import training_sources
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.protocol.spec import Pick, RunRef, RunSpec

__all__ = ["offer_source"]

SOURCE = "source"
STEPS, BATCH = 2200, 64
VAE: dict[str, Any] = {"latent": 16, "couplings": 0, "noisy": False}


def offer_source(
    state: AppState, actions: Actions, run: RunState
) -> tuple[str, Callable[[], None]] | None:
    """Return the title of an action that trains the run again from a generator, and the action:
    from the newest one that fits, or from a VAE that is trained first. None if neither is possible.
    """
    spec, catalog = run.spec, state.catalog
    entry = catalog.get("family", spec.family.slug) if spec and catalog else None
    wanted = next((each for each in entry.inputs if each.name == SOURCE), None) if entry else None
    if spec is None or catalog is None or wanted is None:
        return None
    found = training_sources.fitting(wanted, spec, state.runs.by_key.values(), catalog)
    student = _student(spec)
    if found:
        teacher = found[0].name
        student = msgspec.structs.replace(student, inputs={SOURCE: RunRef(run=teacher)})
        number = training_sources.number_of(teacher)
        return f"Train it from {number}", lambda: actions.training.start_spec(student)
    vae = catalog.get("family", "vae")
    if vae is None or catalog.kind_of(spec.dataset) not in vae.kinds:
        return None
    source = _source(state, spec)
    return (
        "Train a VAE, then this encoder",
        lambda: actions.training.train_with_source(source, SOURCE, student),
    )


def _student(spec: RunSpec) -> RunSpec:
    return msgspec.structs.replace(spec, name=f"{spec.name}-from-generator", edits=[])


def _source(state: AppState, spec: RunSpec) -> RunSpec:
    """Return the VAE of a recipe on the same data, else one of its own settings."""
    known = (each.run for each in state.recipes)
    fits = (
        each
        for each in known
        if each is not None and each.family.slug == "vae" and each.dataset == spec.dataset
    )
    own = RunSpec(
        name="vae-source",
        family=Pick(slug="vae", config=VAE),
        dataset=spec.dataset,
        training={"steps": STEPS, "batch": BATCH},
    )
    return next(fits, own)
