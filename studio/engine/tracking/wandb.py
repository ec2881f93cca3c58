"""Weights & Biases: offline files in the run's folder, unless WANDB_MODE says "online".

``wandb sync RUN/wandb/offline-run-*`` sends them; nothing is sent without it.
"""

import os
from typing import Any

from pushforward.studio.engine.tracking.tracker import TrackedRun, Tracker
from pushforward.studio.engine.watch.curves import Columns

__all__ = ["STEP", "open_tracker"]

STEP = "step"
"""The column that holds the training step; W&B drops rows whose own step is not a new one."""


def open_tracker(run: TrackedRun) -> Tracker:
    """Begin a run of W&B, or go on with the one of this training."""
    return _Wandb(run)


class _Wandb:
    def __init__(self, run: TrackedRun) -> None:
        import wandb

        mode = os.environ.get("WANDB_MODE") or "offline"
        self._run: Any = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or run.project.name or "pushforward",
            name=run.title,
            id=run.key,
            resume="allow" if mode == "online" else None,
            dir=str(run.folder),
            config=dict(run.settings),
            mode=mode,
            reinit="create_new",
            settings=wandb.Settings(
                console="off", silent=True, disable_code=True, disable_git=True,
                x_disable_stats=True,
            ),
        )  # fmt: skip
        self._run.define_metric(STEP, hidden=True)
        self._run.define_metric("*", step_metric=STEP)
        self.place = str(self._run.url or self._run.settings.sync_dir)

    def log(self, columns: Columns) -> None:
        rows: dict[int, dict[str, float]] = {}
        for name, curve in columns.items():
            for step, value in zip(*curve, strict=True):
                rows.setdefault(step, {})[name] = value
        for step in sorted(rows):
            self._run.log({STEP: step, **rows[step]})

    def close(self, finished: bool) -> None:
        self._run.finish(exit_code=0 if finished else 1)
