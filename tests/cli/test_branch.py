"""Branches and edits from the command line: what a person did can be done again as a command."""

import shlex
import shutil
from pathlib import Path

import msgspec
import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.protocol.spec import ChangeSetting, EditPoints, RunSpec, UndoPoints
from pushforward.studio.store.edits import effective_spec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.command_line import command_for
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.settings import apply, with_edits
from pushforward.studio.workflows.target import find
from tests.cli.conftest import TINY
from tests.cli.test_run import losses

GAN = [word for text in TINY[:-1] for word in ("--set", text)]
PENALTY = '{"kind": "setting", "step": 30, "path": "penalty", "value": 5.0}'
POINTS = (
    '{"kind": "points", "step": 20, "action": "add", "centre": [0, 0], "radius": 0.1, "count": 99}'
)


def newest(project: Path) -> RunFolder:
    return Project.open(project).runs()[-1]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("trained") / "project"
    assert main(["run", "gan@ring-of-five", "--out", str(project), *GAN]) == 0
    return project


@pytest.fixture
def parent(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> RunFolder:
    """A trained run in a project of the test's own."""
    shutil.copytree(trained, tmp_path / "project")
    capsys.readouterr()
    return newest(tmp_path / "project")


def test_a_branch_is_trained_to_the_end(
    parent: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["branch", str(parent.path), "--step", "30", "--set", "penalty=5", "--name", "Calm"]
    assert main(command) == 0
    out = capsys.readouterr().out
    child = newest(parent.path.parents[1])
    assert (child.record.parent, child.record.branch_step) == (parent.name, 30)
    assert child.record.spec.name == "Calm"
    assert (
        f"Left {parent.name} after step 30; first its steps from the beginning are replayed" in out
    )
    assert "Finished after 60 steps" in out
    assert losses(child)[1][:30] == losses(parent)[1][:30]
    assert losses(child)[1][31] != losses(parent)[1][31]

    # The same as edits of a new run, and the command copied from that.
    again = ["run", str(parent.path), "--edit", PENALTY, "--set", "name=Calm"]
    assert main(again) == 0
    edited = newest(parent.path.parents[1])
    assert edited.record.spec == child.record.spec
    assert losses(edited) == losses(child)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--step", "61"], "has done 60 steps"),
        (["--step", "30", "--set", "penalt=1"], "did you mean family.penalty"),
        (["--step", "30", "--set", "penalty"], "NAME=VALUE"),
        (["--step", "30", "--set", "penalty=-1"], "at least 0"),
        (["--step", "30", "--set", "latent=3"], "cannot change during training"),
    ],
)
def test_mistakes(
    parent: RunFolder, arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["branch", str(parent.path), *arguments]) == 2
    assert complaint in capsys.readouterr().err
    assert newest(parent.path.parents[1]) == parent


def test_no_run_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["branch", str(tmp_path), "--step", "3"]) == 2
    assert "no run.toml" in capsys.readouterr().err


def test_an_edited_run_copied_as_a_command_or_repeated_has_the_same_losses(tmp_path: Path) -> None:
    project = tmp_path / "project"
    edits = ["--edit", PENALTY, "--edit", POINTS]
    assert main(["run", "gan@ring-of-five", "--out", str(project), *GAN, *edits]) == 0
    run = newest(project)
    assert [edit.step for edit in run.record.spec.edits] == [20, 30]
    assert (run.path / "picture.png").exists()
    words = shlex.split(command_for(effective_spec(run)))
    copied = tmp_path / "copied"
    assert main([*words[1:], "--out", str(copied)]) == 0
    assert newest(copied).record.spec == run.record.spec
    assert losses(newest(copied)) == losses(run)
    assert main(["run", str(run.path), "--out", str(copied)]) == 0
    assert losses(newest(copied)) == losses(run)


def test_every_kind_of_edit_comes_back_from_its_text() -> None:
    spec = apply(find("gan@ring-of-five").spec, ["name=It's"])
    points = EditPoints(
        step=5, action="move", centre=(0.1, -2.0), radius=0.3, offset=(1e-7, 3.0), seed=2**31 - 1
    )
    edits = [
        points,
        ChangeSetting(step=5, path="shift", value=None),
        UndoPoints(step=7),
        ChangeSetting(step=9, path="rescaling", value="it's"),
    ]
    edited: RunSpec = msgspec.structs.replace(spec, edits=edits)
    words = shlex.split(command_for(edited))
    given = [words[i + 1] for i, word in enumerate(words) if word == "--edit"]
    assert with_edits(spec, given) == edited


@pytest.mark.parametrize("text", ["{", "{}", '{"kind": "setting"}', '{"kind": "x", "step": 1}'])
def test_what_is_no_edit_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="--edit"):
        with_edits(find("gan@ring-of-five").spec, [text])


def test_resume_takes_no_edits(parent: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(parent.path), "--resume", "--edit", PENALTY]) == 2
    assert "only training.steps may change" in capsys.readouterr().err


def test_list_and_show_say_what_a_model_is_made_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "models"]) == 0
    [row] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("gan ")]
    assert row.split()[:3] == ["gan", "critic", "generator"]
    assert main(["show", "gan"]) == 0
    out = capsys.readouterr().out
    assert "Field: critic; carrier: generator" in out
    assert "Motion: dθ/dτ" in out
    assert "may change in the middle of a training" in " ".join(out.split())
