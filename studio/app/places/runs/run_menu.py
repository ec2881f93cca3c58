"""What can be done with a run, or a race, from its line."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from pushforward.studio.app.commands.label_commands import Said
from pushforward.studio.app.core import run_comparison
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.file_manager import show_in_folder
from pushforward.studio.app.core.queue_status import queued_job
from pushforward.studio.app.core.training_sources import students
from pushforward.studio.app.data.views.operator_menu import operator_entries
from pushforward.studio.app.design.menu import Entries
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.places.runs.queue_menu import queue_entries

__all__ = ["race_entries", "result_entries", "run_entries"]


def race_entries(state: AppState, actions: Actions, race: str) -> Entries:
    """Return what can be done with a race."""
    runs = run_comparison.members(state.runs, race)
    entries: Entries = [("Compare", partial(actions.comparing.show_race, race))]
    if not any(run.job for run in runs) and any(run.state != "finished" for run in runs):
        entries.append(("Resume the race", partial(actions.training.resume_race, race)))
    running = state.running
    if running is not None and running.job == race:
        if running.state == "paused":
            entries.append(("Resume", partial(actions.training.steer, race, "resume")))
        entries.append(("Stop and keep the race", actions.training.stop))
    entries.append(("Race again", partial(actions.race.again, race)))
    if runs and not any(run.job or run.background for run in runs):
        entries.append(
            ("Delete the race", partial(actions.project.delete_runs, [run.key for run in runs]))
        )
    return entries


def result_entries(actions: Actions, run: str, name: str, rename: Callable[[], None]) -> Entries:
    """Return what can be done with a result of a run; ``rename`` lets the person name it."""
    place = Path(run) / "results" / name
    return [
        ("Show", partial(actions.operating.show, run, name)),
        ("Show in folder", partial(show_in_folder, place)),
        ("Rename", rename),
        ("Delete", partial(actions.operating.delete, run, name)),
    ]


def run_entries(
    state: AppState, actions: Actions, key: str, say: Callable[[Said], None]
) -> Entries:
    """Return what can be done with a run; nothing with one that has just gone. ``say`` lets the
    person change what is said of it.
    """
    run = state.runs.by_key.get(key)
    entries: Entries = []
    if run is None:
        return entries
    if not run.job and not run.background and run.state != "finished":
        entries.append(("Resume", partial(actions.training.resume, key)))
    waits = queued_job(state, run)
    if waits:
        entries += queue_entries(state, actions, waits)
    running = state.running
    if run.background:
        entries.append(("Stop and keep", partial(actions.training.stop_background, key)))
    elif running is not None and running.job == run.job:
        if running.state == "paused":
            entries.append(("Resume", partial(actions.training.steer, run.job, "resume")))
        entries.append(("Stop and keep", partial(actions.training.steer, run.job, "cancel")))
    chosen = state.runs.chosen
    if len(chosen) > 1 and key in chosen:
        entries.append((f"Compare {len(chosen)} runs", actions.comparing.show_chosen))
    if run.spec is not None:
        entries.append(("Set up a run like this", partial(actions.setup.open, run.spec)))
        if state.catalog is not None and students(run, state.catalog):
            entries.append(("Distil into few steps…", partial(actions.setup.teach, key)))
        entries.append(("Add to race", partial(actions.race.add_run, key)))
    if run.stops:
        step = state.playback.step if key == state.runs.selection else None
        at = run.stops[-1] if step is None else step
        entries.append((f"Branch from step {at:,}…", partial(actions.branching.ask, key, at)))
    if run.checkpoints or run.job:
        entries += operator_entries(state, actions, run)
    if state.computer:
        entries.append(("Bring it here", partial(actions.computers.bring_here, key)))
    pinned = run.label.baseline
    title = "Unpin the baseline" if pinned else "Pin as baseline"
    entries += [
        ("Rename", partial(say, "name")),
        ("Tags…", partial(say, "tags")),
        ("Note…", partial(say, "note")),
        (title, partial(actions.labels.pin, key)),
    ]
    entries.append(("Delete", partial(actions.project.delete_runs, [key])))
    return entries
