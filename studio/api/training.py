"""Start trainings and find runs."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushforward.studio.api.display import progress_bar
from pushforward.studio.api.errors import PushforwardError, translated
from pushforward.studio.api.run import Run
from pushforward.studio.protocol.events import Progress
from pushforward.studio.protocol.messages import Event

if TYPE_CHECKING:
    from pushforward.studio.cli.progress import ProgressBar
    from pushforward.studio.store.run import RunFolder
    from pushforward.studio.workflows.stopping import Stop

__all__ = ["open_run", "runs", "train"]


def open_run(path: str | Path) -> Run:
    """Open a run folder, or the newest run of a project folder.

    Raises:
        PushforwardError: the folder is neither, or cannot be read.
    """
    from pushforward.studio.workflows.run_folders import find_run

    with translated():
        return Run(find_run(Path(path)).path)


def runs(project: str | Path | None = None) -> list[Run]:
    """Return the runs of a project folder, the oldest first; by default of ./pushforward-runs.

    Raises:
        PushforwardError: the folder is no project, or cannot be read.
    """
    from pushforward.studio.store.project import Project
    from pushforward.studio.workflows.target import DEFAULT_PROJECT

    with translated():
        return [Run(run.path) for run in Project.open(Path(project or DEFAULT_PROJECT)).runs()]


def train(
    what: str | Path,
    *,
    steps: int | None = None,
    seed: int | None = None,
    settings: Mapping[str, Any] | None = None,
    inputs: Mapping[str, str | Run] | None = None,
    out: str | Path | None = None,
    progress: bool = True,
    on_progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Train a model to its end, and return the run.

    Ctrl+C saves a checkpoint before it raises KeyboardInterrupt; `train` on the run's folder then
    resumes it.

    Args:
        what: a recipe (see `recipes`), "MODEL@DATASET" such as "edm@two-moons" or
            "edm@project:mine", a recipe file, or the folder of a run, which is resumed from its
            newest checkpoint.
        steps: number of training steps; of a run that is resumed, its new total.
        seed: of weights and noise; the same seed gives the same losses.
        settings: such as ``{"training.batch": 256, "family.net.width": 64}``.
        inputs: runs that the model learns from, such as ``{"teacher": run}``.
        out: the project folder, made if absent; ./pushforward-runs by default.
        progress: whether a bar is shown in a terminal or notebook.
        on_progress: called with the step and the number of steps, at most 10 times a second. If it
            raises, a checkpoint is saved and the exception goes to the caller.

    Raises:
        PushforwardError: no such recipe, a setting is not valid, the training failed, or another
            process trains the run.
    """
    from pushforward.studio.engine.jobs import headless
    from pushforward.studio.store.run import RunFolder

    path = Path(what).expanduser()
    chosen = {**(settings or {})}
    chosen |= {} if steps is None else {"training.steps": steps}
    chosen |= {} if seed is None else {"training.seed": seed}
    report = _Report(on_progress, progress_bar() if progress else None)
    with translated():
        resumed = (path / "run.toml").is_file()
        folder = RunFolder(path) if resumed else _create(str(what), chosen, inputs or {}, out)
        total = _total(chosen, inputs or {}) if resumed else None
        with _stopping(folder.path) as stop, report:
            status = headless.run(
                folder.path, on_event=report, stop=lambda: stop() or report.failed, steps=total
            )
    if report.error is not None:
        raise report.error
    if status.state == "failed" and status.error is not None:
        raise PushforwardError(status.error.message, status.error.hint)
    if stop.signal == signal.SIGINT:
        raise KeyboardInterrupt
    if stop.signal is not None:
        raise SystemExit(128 + stop.signal)
    return Run(folder.path)


def _create(
    what: str, settings: Mapping[str, Any], inputs: Mapping[str, str | Run], out: str | Path | None
) -> "RunFolder":
    from pushforward.studio.api.settings import assignments
    from pushforward.studio.engine.process.discovery import discover
    from pushforward.studio.workflows.create import create
    from pushforward.studio.workflows.settings import apply, with_inputs
    from pushforward.studio.workflows.target import find

    discover()
    target = find(what)
    if target.rivals:
        raise PushforwardError(
            f"{what} is a comparison of several runs.", "Train its models separately."
        )
    project = target.project(Path(out) if out is not None else None)
    names = [f"{name}={run.name if isinstance(run, Run) else run}" for name, run in inputs.items()]
    spec = with_inputs(apply(target.spec, assignments({}, settings), project), names, project)
    for name in target.needs.keys() - spec.inputs.keys():
        raise PushforwardError(
            f"{what} learns from a {name}.",
            f"Train {target.needs[name]} in the same project and pass it as inputs.",
        )
    return create(spec, project)


def _total(settings: Mapping[str, Any], inputs: Mapping[str, Any]) -> int | None:
    """Return the number of steps at which a resumed run is to end."""
    if others := sorted({*settings, *inputs} - {"training.steps"}):
        raise PushforwardError(
            f"A run that is resumed keeps its settings: {', '.join(others)}.",
            "Only training.steps may change.",
        )
    return settings.get("training.steps")


class _Report:
    """Shows the progress of a training, and calls a function with it. It keeps the exception that
    the function raises: the function fails then, not the training.
    """

    def __init__(
        self, function: Callable[[int, int], None] | None, bar: "ProgressBar | None"
    ) -> None:
        self._function, self._bar = function, bar
        self.error: BaseException | None = None

    @property
    def failed(self) -> bool:
        return self.error is not None

    def __enter__(self) -> "_Report":
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, event: Event) -> None:
        if self._bar is not None:
            self._bar(event)
        if self._function is None or self.failed or not isinstance(event, Progress):
            return
        try:
            self._function(event.step, event.total)
        except BaseException as error:
            self.error = error


@contextmanager
def _stopping(run: Path) -> Iterator["Stop | _Never"]:
    """Stop at a signal, where signals are heard: in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield _Never()
        return
    from pushforward.studio.workflows.stopping import Stop

    stop = Stop(run)
    try:
        yield stop
    finally:
        stop.restore()


class _Never:
    signal: int | None = None

    def __call__(self) -> bool:
        return False
