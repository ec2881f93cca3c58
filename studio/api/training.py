"""Start trainings and find runs."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushforward.studio.api.errors import PushforwardError, translated
from pushforward.studio.api.evaluation import Evaluation
from pushforward.studio.api.run import Run, Samples
from pushforward.studio.protocol.events import Progress
from pushforward.studio.protocol.messages import Event
from pushforward.studio.protocol.spec import Recipe

if TYPE_CHECKING:
    from pushforward.studio.cli.stopping import Stop
    from pushforward.studio.store.run import RunFolder

__all__ = ["evaluate", "open_project", "recipes", "sample", "train"]


def recipes() -> list[Recipe]:
    """Return the recipes that come with the studio; ``slug`` is what `train` takes."""
    from pushforward.studio.resources import recipes as shipped

    return shipped()


def open_project(path: str | Path) -> list[Run]:
    """Return the runs of a project folder, the oldest first.

    Raises:
        PushforwardError: the folder is no project, or cannot be read.
    """
    from pushforward.studio.store.project import Project

    with translated():
        return [Run(run.path) for run in Project.open(Path(path)).runs()]


def train(
    what: str | Path,
    *,
    settings: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Train a model to its end, and return the run.

    Ctrl+C saves a checkpoint before it raises KeyboardInterrupt; `train` on the run's folder then
    resumes it.

    Args:
        what: a recipe (see `recipes`), "MODEL@DATASET" such as "edm@two-moons", a recipe file, or
            the folder of a run, which is resumed from its newest checkpoint.
        settings: such as ``{"training.steps": 500, "family.net.width": 64}``; of a run that is
            resumed only "training.steps".
        out: the project folder, made if absent; ./pushforward-runs by default.
        on_progress: called with the step and the number of steps, at most 10 times a second. If it
            raises, a checkpoint is saved and the exception goes to the caller.

    Raises:
        PushforwardError: no such recipe, a setting is not valid, the training failed, or another
            process trains the run.
    """
    from pushforward.studio.engine.jobs import headless
    from pushforward.studio.store.run import RunFolder

    report = _Report(on_progress)
    path = Path(what).expanduser()
    with translated():
        resumed = (path / "run.toml").is_file()
        folder = RunFolder(path) if resumed else _create(str(what), settings or {}, out)
        steps = _steps(settings or {}) if resumed else None
        with _stopping(folder.path) as stop:
            status = headless.run(
                folder.path, on_event=report, stop=lambda: stop() or report.failed, steps=steps
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


def sample(run: Run | str | Path, n: int, **options: Any) -> Samples:
    """Generate n samples of a run or a run folder; see `Run.sample`."""
    return _run(run).sample(n, **options)


def evaluate(run: Run | str | Path, n: int = 5_000, **options: Any) -> Evaluation:
    """Compare n samples of a run or a run folder with real ones; see `Run.evaluate`."""
    return _run(run).evaluate(n, **options)


def _run(run: Run | str | Path) -> Run:
    return run if isinstance(run, Run) else Run(run)


def _create(what: str, settings: Mapping[str, Any], out: str | Path | None) -> "RunFolder":
    from pushforward.studio.api.settings import assignments
    from pushforward.studio.cli.run import create
    from pushforward.studio.cli.settings import apply
    from pushforward.studio.cli.target import find
    from pushforward.studio.engine.process.discovery import discover

    discover()
    target = find(what)
    if target.rivals:
        raise PushforwardError(
            f"{what} is a comparison of several runs.", "Train its models separately."
        )
    project = target.project(Path(out) if out is not None else None)
    return create(apply(target.spec, assignments({}, settings), project), project)


def _steps(settings: Mapping[str, Any]) -> int | None:
    """Return the number of steps at which a resumed run is to end."""
    if others := sorted(set(settings) - {"training.steps"}):
        raise PushforwardError(
            f"A run that is resumed keeps its settings: {', '.join(others)}.",
            "Only training.steps may change.",
        )
    return settings.get("training.steps")


class _Report:
    """Calls a function with the progress of a training, and keeps the exception that it raises: the
    function fails then, not the training.
    """

    def __init__(self, function: Callable[[int, int], None] | None) -> None:
        self._function = function
        self.error: BaseException | None = None

    @property
    def failed(self) -> bool:
        return self.error is not None

    def __call__(self, event: Event) -> None:
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
    from pushforward.studio.cli.stopping import Stop

    stop = Stop(run)
    try:
        yield stop
    finally:
        stop.restore()


class _Never:
    signal: int | None = None

    def __call__(self) -> bool:
        return False
