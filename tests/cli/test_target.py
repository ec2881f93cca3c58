"""What a target of the command line is called, and which of its runs are gone on with."""

from pathlib import Path

import msgspec

from studio.cli.target import find, last
from studio.store.project import Project
from studio.store.run import RunRecord


def test_a_run_on_data_of_the_project_is_named_as_in_the_window() -> None:
    assert find("edm@project:comm").spec.name == "edm-comm"
    assert find("edm@two-moons").spec.name == "edm-two-moons"


def test_runs_that_an_earlier_version_named_are_found_again(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p", "p")
    target = find("edm@project:comm")
    old = msgspec.structs.replace(target.spec, name="edm@project:comm")
    run = project.new_run(RunRecord(spec=old))
    assert last(project.path, target.spec.name, target.formerly) == run
    assert last(project.path, "edm-two-moons", "") is None
