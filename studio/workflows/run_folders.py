"""Find a trained run by a path."""

from pathlib import Path

from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.errors import UsageError

__all__ = ["find_run"]


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
    raise UsageError(f"{path} is not a run folder: it has no run.toml")
