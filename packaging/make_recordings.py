#!/usr/bin/env python3
"""Record the trainings of recipes of points for the cards of Discover and the pages of the help.

    .venv/bin/python packaging/make_recordings.py RECIPE ...

Each is trained and written to ``resources/recordings`` as the places of its first particles at the
kept steps.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from pushforward.models.registry import discover
from pushforward.studio import resources
from pushforward.studio.app.charts.recorded_motion import write_recording
from pushforward.studio.engine.jobs import headless
from pushforward.studio.store.run import RunFolder

SHOWN = 256  # particles
MOST = 32  # steps


def record(run: RunFolder, path: Path) -> None:
    """Write the particles of a run at its kept steps, from where they start."""
    steps = run.flow.steps()
    if len(steps) > MOST:
        chosen = np.linspace(0, len(steps) - 1, MOST).round().astype(int)
        steps = [steps[i] for i in np.unique(chosen)]
    records = [run.flow.load(step) for step in steps]
    n = min(SHOWN, *(each.x.shape[1] for each in records))
    write_recording(
        path,
        steps=np.array(steps),
        x=np.stack([each.x[-1][:n, :2] for each in records]),
        start=records[0].x[0][:n, :2],
    )


def main() -> None:
    """Train and record what was asked for."""
    discover()
    known = {recipe.slug: recipe for recipe in resources.recipes()}
    folder = resources.folder("recordings")
    folder.mkdir(exist_ok=True)
    for slug in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as project:
            status = headless.run(known[slug].run, project=Path(project))
            if status.state != "finished":
                raise SystemExit(f"{slug} ended as {status.state}: {status.error}")
            [run] = (Path(project) / "runs").iterdir()
            record(RunFolder(run), folder / f"{slug}.npz")
        print(f"{slug}: {(folder / f'{slug}.npz').stat().st_size:,} bytes", flush=True)


if __name__ == "__main__":
    main()
