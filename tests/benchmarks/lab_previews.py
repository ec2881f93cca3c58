"""How long each lab takes from its opening to its first picture, in the real studio.

    python -m tests.benchmarks.lab_previews [--recipes edm-eight-gaussians ...] [--steps 60]
        [--shots FOLDER] [--smallest]

Each recipe is trained for a few steps by the real engine process. Then each of its labs is opened
while the engine is free, and the time to its first picture is taken. The target is two seconds.
*CPU* is what the studio and its engine computed meanwhile, which a busy machine changes less.
The first lab of images includes the training of the reference classifier, where it is not cached.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from pushforward.studio.app.core.queue_status import engine_task
from pushforward.studio.app.data.views.view_spec import Previewing, ViewSpec
from pushforward.studio.app.labs.gallery_lab import labs
from pushforward.studio.app.shell.studio import Studio
from pushforward.studio.protocol.spec import Recipe
from tests.benchmarks.live import opened, started
from tests.benchmarks.smallest import parse
from tests.benchmarks.studio_loop import in_studio
from tests.qtloop import until

RECIPES = (
    "edm-eight-gaussians", "guided-ring-of-five", "digits-guided", "digits-genrep",
    "graphs-as-dense-as-asked", "csdi-sines",
)  # fmt: skip
TARGET, PATIENCE = 2.0, 60.0  # seconds


def main(argv: Sequence[str] | None = None) -> None:
    """Train, open each lab, print the table."""
    parser = argparse.ArgumentParser(prog="lab_previews", description=__doc__)
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES))
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--shots", type=Path)
    given = parse(parser, argv, recipes=["edm-eight-gaussians"], steps=4)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("PUSHFORWARD_HOME", folder)
        in_studio(lambda: _measure(given, Path(folder) / "labs"))


async def _measure(given: argparse.Namespace, project: Path) -> None:
    studio = await opened(project)
    state = studio.state
    print(f"{'recipe':28}{'lab':24}seconds  CPU s", flush=True)
    for slug in given.recipes:
        recipe = next(each for each in state.recipes if each.slug == slug)
        await _trained(studio, recipe, given.steps)
        for spec in labs(state):
            before = _computed()
            took, what = await _open(studio, spec)
            spent = _computed() - before
            mark = "" if took is not None and took <= TARGET else "  over the target"
            seconds = f"{took:7.2f}{spent:7.2f}{mark}" if took is not None else f"      - {what}"
            print(f"{slug:28}{spec.id:24}{seconds}", flush=True)
            if given.shots is not None:
                given.shots.mkdir(parents=True, exist_ok=True)
                studio.window.grab().save(str(given.shots / f"{slug}-{spec.id}.png"))
    await studio.shut()


def _computed() -> float:
    """Return the CPU seconds of the studio and of the processes that it has started."""
    own = psutil.Process()
    times = [each.cpu_times() for each in (own, *own.children(recursive=True))]
    return sum(each.user + each.system for each in times)


async def _trained(studio: Studio, recipe: Recipe, steps: int) -> None:
    """Train a recipe to its end, and wait until the engine is free."""
    run = await started(studio, recipe, {"steps": steps})
    await until(lambda: run.state == "finished", 300)
    await until(lambda: not engine_task(studio.state), 60)
    await until(lambda: run.key == studio.state.runs.selection, 20)


async def _open(studio: Studio, spec: ViewSpec) -> tuple[float | None, str]:
    """Open a lab; return the seconds to its first picture, or None and why it has none."""
    began = time.perf_counter()
    studio.state.window.show_lens.emit(f"{spec.lens}/{spec.id}")
    view = studio.window.canvas.lenses.view
    if not isinstance(view, Previewing):
        return None, "shows no preview"
    await until(lambda: view.filled or view.trouble, PATIENCE)
    took = time.perf_counter() - began
    await until(lambda: not engine_task(studio.state), PATIENCE)
    return (took, "") if view.filled else (None, view.trouble)


if __name__ == "__main__":
    main()
