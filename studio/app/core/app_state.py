"""Everything that the screen knows: one object, handed to every view.

Only the reducer (from the engine's events) and the actions (from the person's intents) write
here. Signals say what changed; nothing here knows a widget, a file format or the engine.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal

from pushforward.studio.app.core.canvas_tools import Hand
from pushforward.studio.app.core.clocks import Playback
from pushforward.studio.app.core.destinations import Place
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.inspected_item import InspectedItem
from pushforward.studio.app.core.notices import Notice, Notices
from pushforward.studio.app.core.operator_results import operator_of, view_of
from pushforward.studio.app.core.races import RaceDraft
from pushforward.studio.app.core.run_filter import RunFinding
from pushforward.studio.app.core.run_methods import automatic_title
from pushforward.studio.app.core.runs import Runs, RunState
from pushforward.studio.app.core.selection import Selection
from pushforward.studio.app.core.step_breakdown import Moment
from pushforward.studio.app.core.undo_history import Table
from pushforward.studio.app.core.window_requests import WindowRequests
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.messages import JobInfo
from pushforward.studio.protocol.spec import IMPORTED_KIND, Recipe

__all__ = [
    "LONG",
    "AppState",
    "DataInfo",
    "EngineState",
    "EngineStatus",
    "Recent",
    "is_background",
]

LONG = ("training", "race")  # jobs that are kept when they are stopped, and go on later
EngineState = Literal["starting", "ready", "busy", "lost", "restarting"]
COMING = (
    "starting",
    "restarting",
)  # what is asked of the engine now it does as soon as it is there


@dataclass(frozen=True, kw_only=True)
class EngineStatus:
    """How the engine is, in a word and a sentence.

    ``device`` is the name of where it computes ("cpu", "cuda:0"), ``reason`` says why there.
    """

    state: EngineState = "starting"
    device: str = ""
    reason: str = ""
    message: str = "Starting the engine"
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether it answers."""
        return self.state in ("ready", "busy")


@dataclass(frozen=True, kw_only=True)
class DataInfo:
    """A data set of the open project, as the sidebar lists it; ``kind`` is what its record says,
    and ``notes`` what its importer did. ``mean``, ``std``, ``minimum`` and ``maximum`` are those of
    its columns over all rows, as the import measured them; () where it measured none. ``source``
    says what it was imported from, ``hash`` is that of its rows, and ``classes`` are the names of
    theirs.
    """

    name: str
    rows: int
    columns: tuple[str, ...]
    path: Path
    kind: str = IMPORTED_KIND
    notes: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    minimum: tuple[float, ...] = ()
    maximum: tuple[float, ...] = ()
    source: str = ""
    hash: str = ""
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Recent:
    """A project opened before; ``opened`` is in seconds since 1970."""

    path: Path
    name: str
    opened: float


def is_background(job: str) -> bool:
    """Whether a job is another process's, followed by its files (`studio.client.follow`)."""
    return job.startswith("background:")


class AppState(QObject):
    """The state of the application; see the module."""

    catalog_changed = Signal()
    engine_changed = Signal()
    project_changed = Signal()
    queue_changed = Signal()
    datasets_changed = Signal()
    recipes_changed = Signal()
    place_changed = Signal()
    draft_changed = Signal()
    draft_checked = Signal()
    race_changed = Signal()  # the race that is being set up
    preview_changed = Signal()
    job_ended = Signal(object)  # a JobInfo
    job_progressed = Signal(str)
    interrupted = Signal(str)  # a run that went on in a window that is gone
    dropped = Signal(list)  # runs that waited in the queue of a window that is gone
    jobs_lost = Signal(list)  # the JobInfo of each, with the engine that had them
    looks_changed = Signal()
    computer_changed = Signal()
    engine_back = Signal()  # on another computer, after the connection was lost
    result_written = Signal(object)  # a ResultWritten
    result_opened = Signal(str)  # a run of which another result is looked at, or one is gone
    inspected = Signal(list, object)  # files, and what the engine found in them (plain data)
    help_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs = Runs(self)
        self.playback = Playback(self)
        self.notices = Notices(self)
        self.hand = Hand(self)
        self.moment = Moment(self)
        self.looked = InspectedItem(self)
        self.selection = Selection(self)
        self.finding = RunFinding(self)
        self.window = WindowRequests(self)
        self.catalog: Catalog | None = None
        self.engine = EngineStatus()
        self.engine_pid = 0
        self.project: Path | None = None
        self.project_name: str = ""
        self.opened: dict[str, str] = {}  # by run, the name of the result that is looked at
        self.unable: dict[str, dict[str, str]] = {}  # by run and operator, why it cannot be done
        self.jobs: dict[str, JobInfo] = {}
        self.doing: dict[str, str] = {}  # what jobs say that they are at
        self.left: dict[str, float] = {}  # seconds that jobs still take, where that is known
        self.ending: set[str] = set()  # jobs that were asked to end, and have not ended yet
        self.looks: dict[str, str] = {}  # what is read before it is shown, by a name for each
        self.transfers: dict[str, JobInfo] = {}  # copies from another computer, in bytes
        self.computer = ""  # where the engine runs, "" for this computer
        self.bandwidth = 0.0  # bytes a second between it and here
        self.names: dict[Path, str] = {}  # of the projects that were open since the start
        self.queue: list[str] = []
        self.asked: dict[
            tuple[str, str], dict[str, Any]
        ] = {}  # by run and operator, or by kind of data, as filled in
        self.datasets: list[DataInfo] = []
        self.dataset: str = ""  # the slug of what is on the page of data, "" for all
        self.recent: list[Recent] = []
        self.recipes: list[Recipe] = []
        self.place: Place = "discover"
        self.help_page = ""
        self.help_from: Place = "discover"
        self.draft: Draft | None = None
        self.race = RaceDraft()
        self.starting = False  # a start was asked for, and is not answered yet
        self.table: Table | None = None  # what is edited by hand and seen
        self.paste: Callable[[], None] | None = None  # takes a picture, where a lab is seen
        # Before any view is connected: each then finds the names.
        self.runs.listed.connect(self._name_runs)
        self.runs.changed.connect(self._name_run)
        self.catalog_changed.connect(self._name_runs)
        self.project_changed.connect(self._name_project)
        self.project_changed.connect(self.finding.clear)
        self.project_changed.connect(self.selection.clear)
        self.runs.selected.connect(lambda _: self.looked.look("run"))
        self.runs.compared.connect(self._look_at_race)
        self.selection.changed.connect(self._look_at_rows)
        self.moment.changed.connect(self._look_at_stage)

    def _name_runs(self) -> None:
        for key in self.runs.by_key:
            self._name_run(key)

    def _name_run(self, key: str) -> None:
        run = self.runs.by_key.get(key)
        if run is not None:
            run.model = automatic_title(run, self.catalog, self.recipes)

    def _look_at_rows(self) -> None:
        if self.selection.source is not None:
            self.looked.look("rows")
        else:
            self.looked.leave("rows")

    def _look_at_race(self) -> None:
        if len(self.runs.chosen) > 1:
            self.looked.look("race")
        else:
            self.looked.leave("race")

    def _look_at_stage(self) -> None:
        if self.moment.at:
            self.looked.look("stage", self.moment.at)
        elif not self.moment.run:
            self.looked.leave("stage")

    def _name_project(self) -> None:
        if self.project is not None:
            self.names[self.project] = self.project_name

    def set_starting(self, starting: bool) -> None:
        """Mark the start of a run or race as requested or answered; meanwhile no other start is
        possible, so a double click creates one run.
        """
        if starting != self.starting:
            self.starting = starting
            self.draft_checked.emit()
            self.race_changed.emit()

    def forget_jobs(self) -> None:
        """Forget the engine's jobs: it says anew what it has. Those of other processes stay."""
        self.doing, self.left, self.ending = {}, {}, set()
        self.jobs = {key: job for key, job in self.jobs.items() if is_background(key)}
        self.queue = []

    @property
    def under_way(self) -> JobInfo | None:
        """The training or the race that the engine has under way or paused, of any project."""
        return next(
            (
                job
                for job in self.jobs.values()
                if job.kind in LONG
                and job.race not in self.jobs  # else the race is steered, not who takes part
                and job.state in ("running", "paused")
                and not is_background(job.job)
            ),
            None,
        )

    @property
    def short(self) -> list[JobInfo]:
        """The jobs of the engine, under way or waiting, that leave nothing when they are ended:
        what is done with runs, measured, imported or written.
        """
        jobs = self.jobs.values()
        return [job for job in jobs if job.kind not in LONG and not is_background(job.job)]

    @property
    def running(self) -> JobInfo | None:
        """What is under way, if it belongs to the open project."""
        job = self.under_way
        return job if job is not None and self._is_here(job) else None

    @property
    def steered(self) -> JobInfo | None:
        """What is under way and meant by who steers it: where a run is on the canvas that of this
        run, and of no other.
        """
        job, run = self.running, self.runs.current
        here = run is None or (job is not None and job.job in (run.job, run.race))
        return job if here else None

    @property
    def elsewhere(self) -> JobInfo | None:
        """What is under way, if it belongs to another project."""
        job = self.under_way
        return None if job is None or self._is_here(job) else job

    @property
    def marked(self) -> list[str]:
        """The runs that are selected: in the table of all runs it may be several of them, elsewhere
        it is the one on the canvas.
        """
        runs = self.runs
        several = self.place == "runs" and runs.selection in runs.chosen
        keys = runs.chosen if several else (runs.selection,)
        return [key for key in keys if key in runs.by_key]

    def opened_in(self, view: str, key: str) -> str:
        """Return the name of the result of a run that is looked at, "" if that is none or if
        another view shows it.
        """
        name = self.opened.get(key, "")
        return name if name and view_of(operator_of(name)) == view else ""

    def training_of(self, run: RunState) -> JobInfo | None:
        """The training of a run, alone or in a race, which this engine has begun and not ended."""
        job = self.jobs.get(run.job)
        begun = job is not None and job.state in ("running", "paused")
        return job if begun and not is_background(run.job) else None

    def run_of(self, job: JobInfo) -> str:
        """Return the run of a job, of a race the first of those who take part; "" for none."""
        members = (each.run for each in self.jobs.values() if each.race == job.job)
        return job.run or next(filter(None, members), "")

    def project_of(self, job: JobInfo) -> Path | None:
        """Return the project that a job works in, None if it does not say."""
        run = self.run_of(job)
        return Path(run).parent.parent if run else None

    def _is_here(self, job: JobInfo) -> bool:
        run = self.run_of(job)
        return not run or run in self.runs.by_key or self.owns(run)

    def owns(self, run: str) -> bool:
        """Whether a run, by its key, is one of the open project."""
        return Path(run).parent.parent == self.project

    def name_of(self, project: Path) -> str:
        """Return what a project is called, as far as that is known."""
        recent = next((each.name for each in self.recent if each.path == project), "")
        return self.names.get(project) or recent or project.name

    def concerns(self, notice: Notice) -> bool:
        """Whether a notice is about what is on the canvas, or about nothing that could be there."""
        if not any(run in self.runs.by_key for run in notice.runs):
            return True
        return self.place == "run" and self.runs.selection in notice.runs

    def show_help(self, page: str = "") -> None:
        """Show a page of the help, "" for the first one; ``#words`` is a place in it."""
        if self.place != "help":
            self.help_from = self.place
        self.help_page = page
        self.go("help")
        self.help_changed.emit()

    def leave_help(self) -> None:
        """Return to where the help was called from."""
        self.go(self.help_from)

    def go(self, place: Place) -> None:
        """Show another page on the canvas."""
        if place != self.place:
            self.place = place
            self.place_changed.emit()
