"""What a person says of a run: written beside it, and kept from those who do not know it."""

import pytest

from pushforward.studio.protocol.label import Label
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunRecord

SPEC = RunSpec(name="edm", family=Pick(slug="edm"), dataset=Pick(slug="ring-of-five"))
SAID = Label(name="The best", note="of table 2, at last", tags=("paper", "one step"), baseline=True)


@pytest.fixture
def run(tmp_path):
    return Project.create(tmp_path / "p", "p").new_run(RunRecord(spec=SPEC))


def test_a_label_comes_back_and_a_run_without_one_has_an_empty_one(run):
    assert run.label() == Label()
    run.write_label(SAID)
    assert RunFolder(run.path).label() == SAID
    assert run.record.spec == SPEC


def test_a_label_goes_to_the_trash_and_back_with_its_run(run):
    run.write_label(SAID)
    project = Project.open(run.project)
    project.restore(project.trash(run.path))
    assert project.runs()[0].label() == SAID


@pytest.mark.parametrize("text", ["format = 99\nvotes = 3\n", "name = [\n"])
def test_a_label_that_cannot_be_read_is_not_written_over(run, text):
    path = run.path / "label.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StoreError):
        run.write_label(SAID)
    assert path.read_text(encoding="utf-8") == text


def test_a_run_that_is_gone_is_not_made_anew_by_a_label(run):
    project = Project.open(run.project)
    project.trash(run.path)
    with pytest.raises(StoreError, match="gone"):
        run.write_label(SAID)
    assert not run.path.exists()
