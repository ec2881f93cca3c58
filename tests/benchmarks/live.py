"""How live the live picture is: snapshots shown, their age and cost, per family and data type.

    python -m tests.benchmarks.live [--recipes edm-eight-gaussians ...] [--seconds 20]
        [--steps 6000] [--smallest]

Each recipe is trained in the real window (off screen) by the real engine process, with the lens in
front that moving data have. Every 20 ms the step of the snapshot on the canvas is compared with
the step of the training. The age in steps is the difference; the age in seconds is the time since
the training was at the step that is shown. The age bound is met where at every moment the age is
at most two seconds or at most 4 % of the steps; *late* is the share of the time in which it is not.
*First* is the time from the start of the training to the first snapshot. The cost is what the
engine says that the live view takes of the training time: median and largest. *Frames* are the
paintings a second of that widget of the lens that is painted most often, and *window* is the share
of one core that the studio's process takes meanwhile.
Measure on a quiet machine.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psutil
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core import preferences
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.data_types.cubes.scene_view import SceneView
from pushforward.studio.app.data_types.interactions.pinned_view import PinnedView
from pushforward.studio.app.engine.record_follower import Following
from pushforward.studio.app.shell.studio import Studio
from pushforward.studio.protocol.spec import Recipe
from tests.benchmarks.smallest import parse
from tests.benchmarks.studio_loop import in_studio
from tests.qtloop import until

RECIPES = (
    "edm-eight-gaussians",  # points, diffusion
    "discriminator-flow-five",  # points, particle flow
    "gan-ring-of-five",  # points, GAN
    "flow-pinwheel",  # points, normalising flow
    "vae-ring-of-five",  # points, VAE
    "digits-edm",  # images
    "digits-gan",
    "jets-edm",  # jets
    "molecules-unmasked",  # graphs
    "graph-rnn-communities",
    "mmd-flow-communities",
    "d3pm-alice",  # symbols
    "csdi-sines",  # series
    "indian-pines",  # scenes
    "sasrec-streaming",  # recommendation
    "sentences-parsed",
)
TICK = 0.02  # seconds
OLDEST_SECONDS, OLDEST_SHARE = 2.0, 0.04
WAIT = 120.0  # seconds until a training has started, or its first snapshot is shown


@dataclass
class Watched:
    """What was seen of one training.

    Attributes:
        moments: (seconds, step of the training, step shown) at each tick from the first snapshot.
        first: seconds from the start of the training to the first snapshot.
        particles: the fewest that a snapshot had, after the first.
        frames: paintings a second of the widget that is painted most often.
        window: CPU seconds of the studio's process a second.
    """

    recipe: str
    family: str
    kind: str
    total: int
    first: float = 0.0
    particles: int = 0
    frames: float = 0.0
    window: float = 0.0
    costs: list[float] = field(default_factory=list)
    moments: list[tuple[float, int, int]] = field(default_factory=list)

    @property
    def snapshots(self) -> int:
        """How many different snapshots were on the screen."""
        return len({shown for _, _, shown in self.moments})

    @property
    def seconds(self) -> float:
        """For how long it was watched."""
        return self.moments[-1][0] - self.moments[0][0] if self.moments else 0.0

    def ages(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the age of the snapshot at each tick, in steps and in seconds."""
        times, steps, shown = np.asarray(self.moments, dtype=np.float64).T
        # The last moment at which the training had not passed the step that is shown.
        passed = np.searchsorted(steps, shown, side="right") - 1
        return steps - shown, np.where(steps > shown, times - times[np.maximum(passed, 0)], 0.0)

    def late(self) -> float:
        """Return the share of the time in which the age bound was not met."""
        steps, seconds = self.ages()
        late = (steps > OLDEST_SHARE * self.total) & (seconds > OLDEST_SECONDS)
        return float(late.mean())


class Paintings(QObject):
    """Counts the paintings of each widget of the application while it is installed."""

    def __init__(self) -> None:
        super().__init__()
        self.of: Counter[QObject] = Counter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.of[watched] += 1
        return False


async def opened(project: Path) -> Studio:
    """Return a studio with an open project, its engine ready."""
    studio = Studio(preferences.load())
    studio.window.resize(1440, 900)
    studio.show()
    await studio.link.start()
    studio.window.load_lenses()
    await until(lambda: studio.state.catalog is not None and studio.state.recipes, 60)
    studio.actions.project.create(project)
    await until(lambda: studio.state.project == project, 20)
    return studio


async def started(studio: Studio, recipe: Recipe, training: dict[str, Any]) -> RunState:
    """Start a recipe and return its run as soon as its training is under way."""
    state = studio.state
    changed = {**recipe.run.training, **training}
    studio.actions.setup.open(msgspec.structs.replace(recipe.run, training=changed))
    await until(lambda: state.draft is not None and state.draft.resolved is not None, 60)
    studio.actions.training.start()
    await until(lambda: state.runs.current is not None, 60)
    run = state.runs.current
    assert run is not None
    # A short training may end between two looks; a run is "finished" before it begins, too.
    await until(lambda: run.state == "running" or run.step > 0, WAIT)
    return run


async def watched(studio: Studio, recipe: Recipe, seconds: float, steps: int) -> Watched:
    """Train a recipe, look at it for some seconds or to its end, and stop it."""
    training: dict[str, Any] = {"steps": steps} if steps else {}
    run = await started(studio, recipe, training)
    found = Watched(recipe.slug, recipe.run.family.slug, recipe.kind, run.total)
    begun, end = time.perf_counter(), None
    fewest: dict[int, int] = {}
    paintings, process, spent = Paintings(), psutil.Process(), 0.0
    while run.job and (end is None or time.perf_counter() < end):
        now = time.perf_counter()
        picture = shown_step(studio)
        if picture is None and now - begun > WAIT:
            break
        if picture is not None:
            step, particles = picture
            if end is None:
                found.first, end = now - begun, now + seconds
                lens = studio.window.canvas.lenses.view
                for widget in lens.findChildren(QWidget):
                    widget.installEventFilter(paintings)
                spent = process.cpu_times().user
            found.moments.append((now, run.step, step))
            found.costs.append(run.view_cost)
            fewest[step] = particles
        found.total = max(found.total, run.total)
        await asyncio.sleep(TICK)
    if found.seconds:
        found.frames = max(paintings.of.values(), default=0) / found.seconds
        found.window = (process.cpu_times().user - spent) / found.seconds
    found.particles = min([n for step, n in fewest.items() if step], default=0)
    if run.job:
        studio.actions.training.stop()
        await until(lambda: not run.job, 600)
    return found


def shown_step(studio: Studio) -> tuple[int, int] | None:
    """Return the step of what the lens in front shows and its number of particles (0 for a map or
    lists), None for nothing yet.
    """
    lens = studio.window.canvas.lenses.view
    if isinstance(lens, SceneView):
        return None if lens.model.map is None else (lens.model.map.step, 0)
    if isinstance(lens, PinnedView):
        return (lens.step, 0) if lens.step >= 0 else None
    following = lens.findChild(Following) if lens is not None else None
    record = following.record if following is not None else None
    return None if record is None else (record.step, record.x.shape[1])


async def measured(folder: Path, slugs: list[str], seconds: float, steps: int) -> list[Watched]:
    """Watch recipes one after another, and print each as it is known."""
    studio = await opened(folder / "project")
    known = {recipe.slug: recipe for recipe in studio.state.recipes}
    if missing := [slug for slug in slugs if slug not in known]:
        raise SystemExit(f"no such recipe: {', '.join(missing)}")
    print(HEADER, flush=True)
    found = []
    for slug in slugs:
        found.append(await watched(studio, known[slug], seconds, steps))
        print(line(found[-1]), flush=True)
    await studio.shut()
    return found


HEADER = (
    f"{'recipe':28}{'family':20}{'data':10}{'steps':>8}{'first':>8}{'shown':>7}{'a second':>10}"
    f"{'age/steps':>14}{'age/s':>14}{'late':>7}{'cost':>14}{'particles':>11}{'frames':>8}{'window':>8}"
)


def line(found: Watched) -> str:
    """Return a row of the table: median and largest where there are two numbers."""
    head = f"{found.recipe:28.27}{found.family:20.19}{found.kind:10.9}"
    if not found.moments:
        return head + "  no snapshot was shown"
    steps, seconds = found.ages()
    ages = f"{np.median(steps):,.0f} / {steps.max():,.0f}"
    old = f"{np.median(seconds):.2f} / {seconds.max():.2f}"
    cost = f"{np.median(found.costs):.1%} / {max(found.costs):.1%}"
    pace = found.snapshots / max(found.seconds, TICK)
    trained = found.moments[-1][1]
    return (
        f"{head}{trained:>8,}{found.first:>7.2f}s{found.snapshots:>7}{pace:>10.2f}{ages:>14}"
        f"{old:>14}{found.late():>7.1%}{cost:>14}{found.particles:>11,}"
        f"{found.frames:>8.1f}{found.window:>8.1%}"
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES))
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each is watched")
    parser.add_argument("--steps", type=int, default=0, help="of each training; 0: the recipe's")
    chosen = parse(parser, argv, recipes=["gan-ring-of-five"], seconds=1.0, steps=300)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PUSHFORWARD_HOME"] = folder
        in_studio(lambda: measured(Path(folder), chosen.recipes, chosen.seconds, chosen.steps))


if __name__ == "__main__":
    main()
