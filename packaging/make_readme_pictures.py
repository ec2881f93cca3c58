#!/usr/bin/env python3
"""Make the pictures of the README from runs that are trained here.

They are an animation of three methods, and six views of the window in both themes.

    .venv/bin/python packaging/make_readme_pictures.py [--project DIR]

A project that is given is used as it is, and only the recipes that it lacks are trained. Needs no
screen.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import qasync
from PIL import Image

from pushforward.studio.app.core import async_tasks, preferences
from pushforward.studio.app.design.theme import Mode, theme
from pushforward.studio.app.shell.main import make_application
from pushforward.studio.app.shell.studio import Studio
from pushforward.studio.launch import own_command

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "pictures"
RECIPES = {
    "edm-eight-gaussians": 3000,
    "gan-ring-of-five": 3000,
    "discriminator-flow-five": 3000,
    "digits-edm": 1500,
    "edm-communities": 1000,
    "gan-crf-indian-pines": 900,
    "gru-films": 800,
}
"""Training steps of the recipes, whose runs get the numbers 1 to 7."""
SIZE = 1360, 850
LOADING = 6.0
"""Seconds in which a view loads and draws what it shows."""
PATIENCE = 60.0
MOST = 1_000_000
"""Bytes of the animation."""


@dataclass(frozen=True)
class View:
    """A picture: of a run by its number, through a lens."""

    name: str
    run: int
    lens: str
    compared: tuple[int, ...] = ()


VIEWS = (
    View("watch", 1, "watch"),
    View("compare", 2, "compare", (2, 3)),
    View("samples", 4, "samples"),
    View("graphs", 5, "watch"),
    View("map", 6, "watch"),
    View("recommend", 7, "samples"),
)


def train(project: Path) -> None:
    """Train the recipes that a project lacks."""
    import subprocess

    done = len(list(project.glob("runs/*/run.toml")))
    for recipe, steps in list(RECIPES.items())[done:]:
        settings = ["--set", f"training.steps={steps}"]
        subprocess.run(own_command("run", recipe, "--out", str(project), *settings), check=True)


def animate(runs: list[Path]) -> None:
    """Write the animation of the first three runs."""
    import subprocess

    file = OUT / "flow.webp"
    options = [
        "--out",
        str(file),
        "--overwrite",
        "--theme",
        "dark",
        "--size",
        "280",
        "--seconds",
        "3",
    ]
    subprocess.run(own_command("share", *map(str, runs[:3]), *options), check=True)
    if file.stat().st_size > MOST:
        raise SystemExit(f"{file} has {file.stat().st_size:,} bytes, more than {MOST:,}.")


async def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"Not after {PATIENCE:g} s: {what}")
        await asyncio.sleep(0.05)


async def photograph(project: Path) -> None:
    """Open the window on a project, and take each picture in both themes."""
    studio = Studio(preferences.Preferences())
    window, state, actions = studio.window, studio.state, studio.actions
    window.resize(*SIZE)
    studio.show()
    await studio.link.start()
    window.load_lenses()
    await until(lambda: state.catalog is not None, "the catalogue")
    actions.project.open(project)
    await until(lambda: len(state.runs.by_key) >= len(RECIPES), "the runs of the project")
    keys = {int(Path(key).name[:4]): key for key in state.runs.by_key}
    for view in VIEWS:
        if view.compared:
            actions.comparing.show([keys[number] for number in view.compared])
        else:
            actions.runs.select(keys[view.run])
        window.canvas.lenses.want(view.lens)
        for mode in ("dark", "light"):
            await take(studio, view.name, mode)
    await studio.shut()


async def take(studio: Studio, name: str, mode: Mode) -> None:
    """Save the window in a theme, with a palette of 256 colours."""
    theme.set_mode(mode)
    await asyncio.sleep(LOADING)
    file = OUT / f"{name}-{mode}.png"
    studio.window.grab().save(str(file))
    with Image.open(file) as picture:
        picture.convert("RGB").quantize(256).save(file, optimize=True)
    print(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB", flush=True)


def main() -> None:
    """Train, animate, photograph."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, metavar="DIR")
    given = parser.parse_args().project
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        project = (given or Path(made) / "project").resolve()
        os.environ["XDG_CONFIG_HOME"] = str(Path(made) / "config")
        train(project)
        animate(sorted(project.glob("runs/*")))
        app = make_application(sys.argv[:1], preferences.Preferences())
        loop = qasync.QEventLoop(app)
        asyncio.set_event_loop(loop)
        async_tasks.use(loop)
        with loop:
            loop.run_until_complete(photograph(project))


if __name__ == "__main__":
    main()
