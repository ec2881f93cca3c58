"""Settings of a branch that hold from a checkpoint on: they cannot change between two."""

from collections.abc import Mapping
from typing import Any

import torch

from pushforward.models.config import ConfigError
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.checkpoint_state import saved_data
from pushforward.studio.engine.run.effective_settings import rebuild
from pushforward.studio.engine.run.inputs import open_inputs
from pushforward.studio.engine.run.resolve import Resolved
from pushforward.studio.protocol.branching import FIXED, put_settings
from pushforward.studio.protocol.spec import Edit, RunSpec
from pushforward.studio.store.run import RunFolder

__all__ = ["check_weights", "with_settings"]

SECTIONS = ("family", "training")


def with_settings(spec: RunSpec, settings: Mapping[str, Any]) -> RunSpec:
    """Return a spec with some settings, by paths that begin with "family." or "training.".

    Raises:
        Refused: a branch cannot change one of them.
    """
    for path in settings:
        section, _, name = path.partition(".")
        if section not in SECTIONS or not name:
            raise Refused(
                f"A branch has no setting {path!r}.",
                "Use paths such as training.batch or family.label_dropout.",
                path=path,
            )
        if section == "training" and (why := FIXED.get(name)):
            message = f"{name} cannot change in a branch: {why}."
            raise Refused(message, "Set up a new run.", path=path)
    return put_settings(spec, settings)


def check_weights(parent: RunFolder, step: int, resolved: Resolved) -> None:
    """Make sure that the weights of the checkpoint that a branch starts from fit its model.

    Raises:
        Refused: they do not.
    """
    checkpoint, _ = parent.checkpoints.newest(not_after=step)
    if checkpoint is None:
        return  # it starts from the beginning, with the new model
    cpu = torch.device("cpu")
    used = any(needs.used for needs in resolved.family.entry.inputs.values())
    edits: list[Edit] = [edit for edit in resolved.spec.edits if edit.step <= checkpoint.step]
    inputs = open_inputs(parent, cpu) if used else None
    try:
        rebuild(resolved, edits, saved_data(checkpoint), cpu, checkpoint=checkpoint, inputs=inputs)
    except (ValueError, KeyError, RuntimeError, ConfigError) as error:
        raise Refused(
            f"The weights of {parent.name} at step {checkpoint.step:,} do not fit this model: "
            f"{str(error).splitlines()[0]}",
            "Keep the settings that shape the network, or set up a new run.",
            path="family",
        ) from error
