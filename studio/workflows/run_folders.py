"""Find a trained run by a path."""

from collections.abc import Sequence
from pathlib import Path

from pushforward.spelling import ask_whether
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.errors import UsageError

__all__ = ["describe_missing", "find_run", "find_runs"]


def find_run(path: Path) -> RunFolder:
    """Return a run folder, or the newest run of a project.

    Raises:
        UsageError: there is none.
        StoreError: its record cannot be read.
    """
    path = path.expanduser().absolute()
    if (path / "run.toml").is_file():
        run = RunFolder(path)
        _ = run.record
        return run
    if (path / "project.toml").is_file():
        runs = Project.open(path).runs()
        if runs:
            return runs[-1]
        raise UsageError(f"the project {path} has no run yet; 'pushforward run' trains one")
    raise UsageError(describe_missing(path))


def describe_missing(path: Path) -> str:
    """Say that a folder is no run, and name the run beside it, or of its project, that is spelt
    like it.
    """
    runs = path.parent if path.parent.name == "runs" else path.parent / "runs"
    names = [each.parent.name for each in runs.glob("*/run.toml")]
    hint = ask_whether(path.name, names)
    return f"{path} is not a run folder: it has no run.toml{'; ' if hint else ''}{hint}"


def find_runs(paths: Sequence[Path], *, race: bool = False) -> list[RunFolder]:
    """Return run folders, each once; with ``race`` also the others of the race of the first.

    Raises:
        UsageError: one is not there, or the first was in no race.
        StoreError: a record cannot be read.
    """
    runs = [find_run(path) for path in paths]
    if race:
        name = runs[0].record.race
        if not name:
            raise UsageError(f"{runs[0].name} was in no race: remove --race")
        runs += [each for each in Project.open(runs[0].project).runs() if each.record.race == name]
    return list(dict.fromkeys(runs))
