"""TensorBoard: event files in the run's folder.

``tensorboard --logdir PROJECT`` finds the runs of a project.
"""

from pushforward.studio.engine.tracking.tracker import TrackedRun, Tracker
from pushforward.studio.engine.watch.curves import Columns

__all__ = ["FOLDER", "open_tracker"]

FOLDER = "tensorboard"


def open_tracker(run: TrackedRun) -> Tracker:
    """Begin event files, or go on with those that there are."""
    return _TensorBoard(run)


class _TensorBoard:
    def __init__(self, run: TrackedRun) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self.place = str(run.folder / FOLDER)
        # Steps after the checkpoint are done again: readers drop what was written of them.
        purge = run.step + 1 if run.step else None
        self._writer = SummaryWriter(self.place, purge_step=purge)
        rows = [f"| {name} | {value} |" for name, value in run.settings.items()]
        table = "\n".join(["| Setting | Value |", "|---|---|", *rows])
        self._writer.add_text("settings", table, run.step)
        self._writer.flush()

    def log(self, columns: Columns) -> None:
        for name, (steps, values) in columns.items():
            for step, value in zip(steps, values, strict=True):
                self._writer.add_scalar(name, value, step)
        self._writer.flush()

    def close(self, finished: bool) -> None:
        self._writer.close()
