"""Run the next training step after a checkpoint stage by stage, in memory; the result is not
saved.
"""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pushforward.models.contracts.learner import Learner
from pushforward.models.contracts.presentation import Layer
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.session import Session
from pushforward.studio.engine.run.session_opening import revisit
from pushforward.studio.engine.watch.recorder import evaluate_layer
from pushforward.studio.engine.watch.staging import StagedStep
from pushforward.studio.protocol.messages import WalkStep
from pushforward.studio.protocol.records import LAYER
from pushforward.studio.store.run import RunFolder

__all__ = ["Walked", "walk"]

TIMES = 9  # flow times of a layer that has some
RESOLUTION = 32
MOST = 4096


@dataclass(frozen=True)
class Walked:
    """A step in stages.

    Attributes:
        step: how many steps were done before it.
        bounds: of layers, in data units; [] where none are drawn.
        stages: the arrays of each stage that the step went through, by its name, as those of a
            record are called; "t" are the flow times of layers.
    """

    step: int
    bounds: list[float]
    stages: dict[str, dict[str, NDArray[Any]]]


def walk(command: WalkStep) -> Generator[bool, None, Walked]:
    """Do the step; yields False between its parts.

    Raises:
        Refused: the model has no stages, there is no checkpoint, or the run cannot be opened.
        StoreError: the files of the run or the data are damaged.
    """
    if not 1 <= command.n <= MOST:
        raise Refused(f"n must be between 1 and {MOST:,}, got {command.n:,}.", path="n")
    session = revisit(RunFolder(Path(command.run)), command.step)
    family = session.family
    if not family.stages:
        raise Refused("The training steps of this model are not divided into stages.")
    yield False
    yield from session.prepare()
    staged = StagedStep(family, session.batches.batch(session.step))
    stages = {}
    while staged.advance():
        yield False
        layers = yield from _layers(session)
        stages[staged.stage] = {**layers, **staged.arrays(command.n)}
    return Walked(session.step, session.bounds, stages)


def _layers(session: Session) -> Generator[bool, None, dict[str, NDArray[Any]]]:
    """Evaluate the layers that stages are about, and the first heat, over the data of a plane."""
    family, bounds = session.family, session.bounds
    times = np.linspace(0.0, 1.0, TIMES, dtype=np.float32)
    found = {"t": times}
    for layer in _about(family) if bounds else ():
        slices = []
        for time in times.tolist() if layer.timed else [1.0]:
            slices.append(evaluate_layer(family, layer, bounds, RESOLUTION, time))
            yield False
        found[f"{LAYER}{layer.name}"] = np.stack(slices)
    return found


def _about(family: Learner[Any]) -> list[Layer]:
    named = {stage.layer for stage in family.stages}
    heats = [layer for layer in family.layers if layer.kind == "scalar" and layer.kept]
    return [layer for layer in family.layers if layer.name in named or layer in heats[:1]]
