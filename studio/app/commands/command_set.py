"""What there is to do: the commands of the studio, each with its shortcut and its condition."""

from collections.abc import Callable
from dataclasses import dataclass

from pushforward.studio.app.commands.command_registry import Command, Registry
from pushforward.studio.app.commands.edit_commands import edit_commands
from pushforward.studio.app.commands.evaluation_commands import evaluate_commands
from pushforward.studio.app.commands.generator_commands import make_commands
from pushforward.studio.app.commands.help_commands import help_commands
from pushforward.studio.app.commands.label_commands import Said, label_commands
from pushforward.studio.app.commands.model_commands import model_commands
from pushforward.studio.app.commands.navigation_commands import go_commands
from pushforward.studio.app.commands.operator_commands import operate_commands
from pushforward.studio.app.commands.queue_commands import queue_commands
from pushforward.studio.app.commands.race_commands import race_commands
from pushforward.studio.app.commands.search_commands import find_commands
from pushforward.studio.app.commands.target_commands import hand_commands
from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import COMING, AppState
from pushforward.studio.app.core.data_type_registry import answers_in, flows_in, moves_in
from pushforward.studio.app.core.display_names import numbered
from pushforward.studio.app.design.theme import theme
from pushforward.studio.app.engine.actions import Actions

__all__ = ["Shell", "build"]

SEEK = 0.02  # of the flow, for one press of a key
STEPS = "Steps and speed"  # the submenu of how a training goes


@dataclass(frozen=True)
class Shell:
    """What only the window can do."""

    ask_open_project: Callable[[], None]
    ask_new_project: Callable[[], None]
    ask_import: Callable[[], None]
    ask_import_folder: Callable[[], None]
    ask_export_samples: Callable[[], None]
    ask_export_weights: Callable[[], None]
    ask_export_picture: Callable[[], None]
    ask_share: Callable[[], None]
    record: Callable[[], None]
    ask_report: Callable[[], None]
    ask_export_curves: Callable[[], None]
    ask_save_recipe: Callable[[], None]
    ask_empty_trash: Callable[[], None]
    ask_restore: Callable[[], None]
    ask_label: Callable[[str, Said], None]
    copy_command: Callable[[], None]
    show_palette: Callable[[], None]
    show_shortcuts: Callable[[], None]
    show_preferences: Callable[[], None]
    show_history: Callable[[], None]
    show_diagnostics: Callable[[], None]
    show_about: Callable[[], None]
    toggle_sidebar: Callable[[], None]
    toggle_inspector: Callable[[], None]
    toggle_focus: Callable[[], None]
    toggle_drawer: Callable[[str], None]
    turn_pane: Callable[[int], None]
    next_lens: Callable[[], None]
    previous_lens: Callable[[], None]
    find_setting: Callable[[], None]
    close: Callable[[], None]


@dataclass(frozen=True)
class _Why:
    """Conditions, each as the reason why it does not hold ("" where it does)."""

    state: AppState

    def engine(self) -> str:
        ready = self.state.engine.ready
        return "" if ready else "The engine is not ready."

    def running(self) -> str:
        if self.state.running is not None:
            return ""
        job = self.state.elsewhere
        project = self.state.project_of(job) if job is not None else None
        if job is None or project is None:
            return "Nothing is training."
        name = self.state.name_of(project)
        return f"{job.title} is training in another project, {name}. Open that first."

    def steered(self) -> str:
        """Whether the run on the canvas is under way, so that what is said to it reaches it."""
        running, run = self.state.running, self.state.runs.current
        if self.state.steered is not None or running is None or run is None:
            return self.running()
        other = self.state.runs.by_key.get(self.state.run_of(running))
        trains = numbered(other) if other is not None else running.title
        return f"{numbered(run)} does not train now. {trains} does: open that."

    def stoppable(self) -> str:
        run = self.state.runs.current
        if run is not None and run.elsewhere:
            return "This run is training in another window or command. Stop it there."
        return "" if run is not None and run.background else self.steered()

    def run(self) -> str:
        return "" if self.state.runs.current else "No run is selected."

    def flows(self) -> str:
        run, catalog = self.state.runs.current, self.state.catalog
        compared = run_comparison.compared(self.state.runs) if self.state.playback.compares else []
        if any(flows_in(each, catalog) for each in compared):
            return self.state.playback.idle
        still = "This generator samples in one step, so there is no flow time."
        why = still if moves_in(run, catalog) else "This run has no particle flow."
        return self.run() or (self.state.playback.idle if flows_in(run, catalog) else why)

    def trained(self) -> str:
        """Whether the selected run has a state to draw from and to measure."""
        run = self.state.runs.current
        if run is None:
            return "No run is selected."
        if run.checkpoints or self.state.training_of(run) is not None:
            return ""
        waits = "The run is waiting in the queue."
        return waits if run.state == "queued" else "The run has no checkpoint yet."

    def draws(self, before: Callable[[], str]) -> Callable[[], str]:
        """Return a condition with that of a model which makes samples: others only classify or
        recommend.
        """

        def why_not() -> str:
            makes = moves_in(self.state.runs.current, self.state.catalog)
            return before() or ("" if makes else "The model of this run generates no samples.")

        return why_not

    def lens(self) -> str:
        return "" if self.state.place == "run" and self.state.runs.current else "Open a run first."

    def snapshots(self) -> str:
        run = self.state.runs.current
        if run is None or moves_in(run, self.state.catalog):
            return "" if run is not None and run.kept else "The run has no snapshot yet."
        if not answers_in(run, self.state.catalog):
            return "The model has neither particles, nor a map, nor lists to show."
        return "" if run.checkpoints else "The run has no checkpoint yet."

    def curves(self) -> str:
        run = self.state.runs.current
        return "" if run is not None and run.series else "There are no curves yet."

    def resumable(self) -> str:
        run = self.state.runs.current
        if run is None:
            return "No run is selected."
        if run.job or run.background:
            return "The run is training."
        if self.state.starting:
            return "A run is being started."
        if run.state == "finished" and run.step >= run.total:
            return "The run is complete."
        return ""

    def start(self) -> str:
        draft = self.state.draft
        if self.state.place != "setup" or draft is None:
            return "No setup is open."
        if self.state.starting:
            return "A run is being started."
        if draft.reasons:
            return draft.reasons[0].message
        return "" if self.state.engine.state in COMING else self.engine()

    def project(self) -> str:
        return "" if self.state.project else "No project is open."

    def command(self) -> str:
        fits = self.state.runs.current is not None or self.state.draft is not None
        return "" if fits else "Select a run or open a recipe first."

    def idle_run(self) -> str:
        runs = [self.state.runs.by_key[key] for key in self.state.marked]
        if not runs:
            return "No run is selected."
        return "Stop the run first." if any(run.job or run.background for run in runs) else ""


def build(state: AppState, actions: Actions, shell: Shell) -> Registry:
    """Return the registry with everything in it."""
    registry = Registry()
    why = _Why(state)
    for group in (_project, _run, _keep, _time, _speed, _view, _help):
        for command in group(state, actions, shell, why):
            registry.add(command)
    for command in go_commands(actions, shell.toggle_drawer, shell.turn_pane):
        registry.add(command)
    for command in race_commands(state, actions, shell.ask_save_recipe):
        registry.add(command)
    for command in label_commands(state, actions, shell.ask_label):
        registry.add(command)
    for parts in (find_commands, model_commands, hand_commands, edit_commands, queue_commands):
        for command in parts(state, actions):
            registry.add(command)
    for command in help_commands(state, actions, shell.show_diagnostics, shell.show_about):
        registry.add(command)
    registry.offer(lambda: evaluate_commands(state, actions))
    registry.offer(lambda: operate_commands(state, actions))
    registry.offer(lambda: make_commands(state))
    return registry


def _project(state: AppState, actions: Actions, shell: Shell, why: _Why) -> list[Command]:
    menu = "Project"
    return [
        Command(
            id="search-recipes", title="Search the recipes", menu=menu, shortcut="Ctrl+G",
            run=lambda: _search_recipes(state), aliases=("discover", "find"),
        ),
        Command(
            id="new-project", title="New project…", menu=menu, shortcut="Ctrl+Shift+N",
            run=shell.ask_new_project, aliases=("create folder",), icon="plus",
        ),
        Command(
            id="open-project", title="Open a project…", menu=menu, shortcut="Ctrl+O",
            run=shell.ask_open_project, aliases=("folder", "load"), icon="folder",
        ),
        Command(
            id="import", title="Import data…", menu=menu, shortcut="Ctrl+I", run=shell.ask_import,
            aliases=("csv", "hdf5", "npz", "file", "data points"), why_not=why.engine,
            icon="import",
        ),
        Command(
            id="import-folder", title="Import a folder…", menu=menu, run=shell.ask_import_folder,
            aliases=("import data", "directory", "data set", "files"), why_not=why.engine,
            icon="import",
        ),
        *_taken_away(shell, why, menu),
        Command(
            id="restore", title="Restore from the trash…", menu=menu, run=shell.ask_restore,
            aliases=("undelete", "undo", "bring back", "deleted"), why_not=why.project,
        ),
        Command(
            id="empty-trash", title="Empty the trash…", menu=menu, run=shell.ask_empty_trash,
            aliases=("delete for good", "free space", "disk", "deleted"), why_not=why.project,
        ),
        Command(
            id="preferences", title="Preferences…", menu=menu, shortcut="Ctrl+,",
            run=shell.show_preferences, aliases=("settings", "options", "theme", "scale"),
        ),
        Command(id="quit", title="Quit", menu=menu, shortcut="Ctrl+Q", run=shell.close),
    ]  # fmt: skip


def _taken_away(shell: Shell, why: _Why, menu: str) -> list[Command]:
    return [
        Command(
            id="export-samples", title="Export samples…", menu=menu, shortcut="Ctrl+E",
            run=shell.ask_export_samples, aliases=("save", "csv", "npz", "hdf5"),
            why_not=why.draws(why.trained), icon="export",
        ),
        Command(
            id="export-weights", title="Export weights…", menu=menu,
            run=shell.ask_export_weights, aliases=("safetensors", "model", "save"),
            why_not=why.trained,
        ),
        Command(
            id="export-picture", title="Export a picture of this lens…", menu=menu,
            shortcut="Ctrl+Shift+P", run=shell.ask_export_picture,
            aliases=("png", "svg", "image", "save"), why_not=why.lens,
        ),
        Command(
            id="share", title="Share the flow…", menu=menu, run=shell.ask_share,
            aliases=("gif", "mp4", "webm", "html", "video", "animation", "web page", "export"),
            why_not=lambda: why.run() or why.snapshots() or why.engine(),
        ),
        Command(
            id="record", title="Record this lens", menu=menu, shortcut="Ctrl+Alt+R",
            run=shell.record,
            aliases=("gif", "mp4", "video", "film", "screen", "animation", "caption"),
            why_not=why.lens, icon="record",
        ),
        Command(
            id="report", title="Write a report…", menu=menu, run=shell.ask_report,
            aliases=("pdf", "html", "summary", "comparison", "export"),
            why_not=lambda: why.run() or why.engine(),
        ),
        Command(
            id="export-curves", title="Export curves…", menu=menu, run=shell.ask_export_curves,
            aliases=("csv", "loss", "metrics", "save"), why_not=why.curves,
        ),
        Command(
            id="copy-command", title="Copy as command", menu=menu, shortcut="Ctrl+Shift+C",
            run=shell.copy_command, aliases=("terminal", "cli", "reproduce"),
            why_not=why.command, icon="copy",
        ),
    ]  # fmt: skip


def _run(state: AppState, actions: Actions, shell: Shell, why: _Why) -> list[Command]:
    menu = "Run"
    return [
        Command(
            id="new-run", title="Set up a run", menu=menu, shortcut="Ctrl+N",
            run=actions.setup.new, aliases=("new training", "configure"), why_not=why.engine,
        ),
        Command(
            id="train", title="Train", menu=menu, shortcut="Ctrl+Return",
            run=actions.training.start, aliases=("start", "run", "go"), why_not=why.start,
            icon="play",
        ),
        Command(
            id="pause", title="Pause or resume training", menu=menu, shortcut="Ctrl+P",
            run=actions.training.pause_or_resume, aliases=("stop", "continue"), why_not=why.running,
            icon="pause",
        ),
        Command(
            id="step-training", title="Do one training step", menu=menu, within=STEPS,
            shortcut="Ctrl+.",
            run=actions.training.step, aliases=("advance", "single"), why_not=why.steered,
        ),
        Command(
            id="step-training-100", title="Do 100 training steps", menu=menu, within=STEPS,
            run=lambda: actions.training.step(100), why_not=why.steered,
        ),
        Command(
            id="slow", title="Slow motion: ten steps a second", menu=menu, within=STEPS,
            run=lambda: actions.training.set_speed(0.1), why_not=why.steered,
            aliases=("speed", "delay"),
        ),
        Command(
            id="full-speed", title="Full speed", menu=menu, within=STEPS,
            run=lambda: actions.training.set_speed(0.0), why_not=why.steered, aliases=("fast",),
        ),
    ]  # fmt: skip


def _keep(state: AppState, actions: Actions, shell: Shell, why: _Why) -> list[Command]:
    menu = "Run"
    return [
        Command(
            id="checkpoint", title="Save a checkpoint now", menu=menu, shortcut="Ctrl+S",
            run=actions.training.checkpoint, why_not=why.steered,
        ),
        Command(
            id="sample", title="Sample now", menu=menu, shortcut="Ctrl+Shift+S",
            run=actions.training.sample, aliases=("generate", "draw"),
            why_not=why.draws(why.trained),
        ),
        Command(
            id="evaluate", title="Evaluate now", menu=menu, shortcut="Ctrl+Shift+E",
            run=actions.training.evaluate, aliases=("metrics", "quality"), why_not=why.trained,
        ),
        Command(
            id="stop", title="Stop and keep", menu=menu, shortcut="Ctrl+Shift+.",
            run=actions.training.stop, aliases=("cancel", "end"), why_not=why.stoppable,
            icon="stop",
        ),
        Command(
            id="resume", title="Resume the selected run", menu=menu, shortcut="Ctrl+R",
            run=lambda: _with_run(state, actions.training.resume), aliases=("continue",),
            why_not=why.resumable,
        ),
        Command(
            id="delete-run", title="Delete the selected run", menu=menu, shortcut="Ctrl+Backspace",
            run=lambda: actions.project.delete_runs(state.marked), aliases=("trash", "remove"),
            why_not=why.idle_run, icon="trash",
        ),
        Command(
            id="restart-engine", title="Restart the engine", menu=menu,
            run=actions.engine.restart, aliases=("crash", "hang"),
        ),
    ]  # fmt: skip


def _time(state: AppState, actions: Actions, shell: Shell, why: _Why) -> list[Command]:
    menu = "Time"
    clock = state.playback
    return [
        Command(
            id="play-pause", title="Play or pause", menu=menu, shortcut="Space", why_not=why.run,
            run=lambda: _play_or_pause(state, actions), aliases=("stop", "go on"), icon="play",
        ),
        Command(
            id="play", title="Play or pause the flow", menu=menu, shortcut="Shift+Space",
            run=lambda: _play(state), aliases=("animate",), why_not=why.flows,
        ),
        Command(
            id="flow-back", title="Flow back", menu=menu, shortcut="Left", icon="back",
            run=lambda: clock.set(flow=clock.flow - SEEK, playing=False), why_not=why.flows,
        ),
        Command(
            id="flow-on", title="Flow on", menu=menu, shortcut="Right", icon="step",
            run=lambda: clock.set(flow=clock.flow + SEEK, playing=False), why_not=why.flows,
        ),
        Command(
            id="step-back", title="Earlier training step", menu=menu, shortcut="Shift+Left",
            run=lambda: _kept(state, -1), why_not=why.run, aliases=("scrub",),
        ),
        Command(
            id="step-on", title="Later training step", menu=menu, shortcut="Shift+Right",
            run=lambda: _kept(state, 1), why_not=why.run, aliases=("scrub",),
        ),
    ]  # fmt: skip


def _speed(state: AppState, actions: Actions, shell: Shell, why: _Why) -> list[Command]:
    menu, clock = "Time", state.playback
    return [
        Command(
            id="live", title="Follow the newest step", menu=menu, shortcut="End",
            run=lambda: clock.set(step=None), aliases=("live",), why_not=why.run, icon="live",
        ),
        Command(
            id="loop", title="Flow: loop, ping-pong or once", menu=menu, shortcut="Ctrl+L",
            run=clock.next_repeat, aliases=("repeat", "bounce"), why_not=why.flows, icon="loop",
        ),
        Command(
            id="faster", title="Play faster", menu=menu, shortcut="Ctrl+Up",
            run=lambda: clock.set(speed=min(8.0, clock.speed * 2)), aliases=("speed",),
        ),
        Command(
            id="slower", title="Play slower", menu=menu, shortcut="Ctrl+Down",
            run=lambda: clock.set(speed=max(0.125, clock.speed / 2)), aliases=("speed",),
        ),
    ]  # fmt: skip


def _view(state: AppState, actions: Actions, shell: Shell, why: _Why) -> list[Command]:
    menu = "View"
    return [
        Command(
            id="palette", title="Find anything", menu=menu, shortcut="Ctrl+K",
            run=shell.show_palette, aliases=("palette", "search", "commands"), icon="search",
        ),
        Command(
            id="find-setting", title="Find a setting", menu=menu, shortcut="Ctrl+F",
            run=shell.find_setting, aliases=("search", "filter"),
        ),
        Command(
            id="next-lens", title="Next lens", menu=menu, shortcut="Ctrl+Tab",
            run=shell.next_lens, aliases=("tab",),
        ),
        Command(
            id="previous-lens", title="Previous lens", menu=menu, shortcut="Ctrl+Shift+Tab",
            run=shell.previous_lens, aliases=("tab",),
        ),
        Command(
            id="sidebar", title="Show or hide the sidebar", menu=menu, shortcut="Ctrl+B",
            run=shell.toggle_sidebar, icon="sidebar",
        ),
        Command(
            id="inspector", title="Show or hide the inspector", menu=menu, shortcut="Ctrl+J",
            run=shell.toggle_inspector, icon="inspector",
        ),
        Command(
            id="focus", title="Show only the canvas and the clocks", menu=menu, shortcut="F",
            run=shell.toggle_focus, aliases=("full screen", "distraction", "zen"),
            why_not=why.run,
        ),
        Command(
            id="theme-dark", title="Dark theme", menu=menu, run=lambda: theme.set_mode("dark"),
            aliases=("appearance", "colour", "color"),
        ),
        Command(
            id="theme-light", title="Light theme", menu=menu, run=lambda: theme.set_mode("light"),
            aliases=("appearance", "colour", "color"),
        ),
        Command(
            id="theme-system", title="Follow the system theme", menu=menu,
            run=lambda: theme.set_mode("system"), aliases=("appearance", "colour", "color"),
        ),
    ]  # fmt: skip


def _help(state: AppState, actions: Actions, shell: Shell, why: _Why) -> list[Command]:
    menu = "Help"
    return [
        Command(
            id="shortcuts", title="Keyboard shortcuts", menu=menu, shortcut="?",
            run=shell.show_shortcuts, aliases=("keys", "help"), icon="help",
        ),
        Command(
            id="tour", title="Tour of the window", menu=menu, run=state.window.show_tour.emit,
            aliases=("introduction", "tutorial", "start"),
        ),
        Command(
            id="history", title="Show past messages", menu=menu, run=shell.show_history,
            aliases=("notifications", "errors", "toasts"), icon="bell",
        ),
    ]  # fmt: skip


def _search_recipes(state: AppState) -> None:
    state.runs.select("")
    state.go("discover")
    state.window.focus_search.emit()


def _with_run(state: AppState, do: Callable[[str], None]) -> None:
    run = state.runs.current
    if run is not None:
        do(run.key)


def _play_or_pause(state: AppState, actions: Actions) -> None:
    """Of a training that is followed live, Space holds the training; otherwise the flow."""
    run, clock = state.runs.current, state.playback
    if run is not None and state.steered is not None and clock.is_idle:
        actions.training.pause_or_resume()
    elif flows_in(run, state.catalog) and not clock.idle:
        _play(state)


def _play(state: AppState) -> None:
    clock = state.playback
    if not clock.playing and clock.flow >= 1.0:
        clock.set(flow=0.0, playing=True)
    else:
        clock.set(playing=not clock.playing)


def _kept(state: AppState, direction: int) -> None:
    """Go to the kept training step before or after the one shown; after the last one, live."""
    run = state.runs.current
    if run is None or not run.stops:
        return
    at = state.playback.step
    if direction < 0:
        earlier = [step for step in run.stops if at is None or step < at]
        state.playback.set(step=earlier[-1] if earlier else run.stops[0])
    elif at is not None:
        later = [step for step in run.stops if step > at]
        state.playback.set(step=later[0] if later else None)
