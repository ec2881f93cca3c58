"""What a target of the command line is called, and which of its runs are gone on with."""

from pathlib import Path

import msgspec

from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.resolve import resolve
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord
from pushforward.studio.workflows.target import find, last

discover()


def test_a_run_on_data_of_the_project_is_named_as_in_the_window() -> None:
    assert find("edm@project:comm").spec.name == "edm-comm"
    assert find("edm@two-moons").spec.name == "edm-two-moons"


def test_runs_that_an_earlier_version_named_are_found_again(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p", "p")
    target = find("edm@project:comm")
    old = msgspec.structs.replace(target.spec, name="edm@project:comm")
    run = project.new_run(RunRecord(spec=old))
    assert last(project.path, target) == run
    assert last(project.path, find("edm@two-moons")) is None


def test_runs_of_a_recipe_are_told_by_their_settings_from_those_of_others(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p", "p")
    one, other = find("vanilla-shifted"), find("vanilla-vanishing")
    assert one.spec.name == other.spec.name == "monoflow-eight-gaussians"
    resolved, _ = resolve(one.spec)
    assert resolved is not None
    run = project.new_run(RunRecord(spec=msgspec.structs.replace(resolved.spec, name="mine")))
    assert last(project.path, one) == run
    assert last(project.path, other) is None
