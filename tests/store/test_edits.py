"""The changes of a run: those of its spec and those made in it, in one order."""

import msgspec
import pytest

from pushforward.studio.protocol.spec import ChangeSetting, EditPoints, Pick, RunSpec, UndoPoints
from pushforward.studio.store.edits import EDITED, effective_spec, in_order, made_edits
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord


def setting(step, value):
    return ChangeSetting(step=step, path="rate", value=value)


@pytest.fixture
def run(tmp_path):
    edits = [setting(5, 0.1), setting(20, 0.2)]
    spec = RunSpec(name="n", family=Pick(slug="f"), dataset=Pick(slug="d"), edits=edits)
    return Project.create(tmp_path / "p", "P").new_run(RunRecord(spec=spec))


def record(run, edit):
    run.events.append(EDITED, edit.step, **msgspec.to_builtins(edit))


def test_events_and_spec_are_merged_by_step_and_those_of_a_step_keep_their_order(run):
    add = EditPoints(step=20, action="add", centre=(1.0, 2.0), radius=0.5, count=3, seed=9)
    run.events.append("started", 0, total=40)
    for edit in (setting(30, None), add, UndoPoints(step=25)):
        record(run, edit)
    run.events.append("paused", 30)
    # Made later, but after an earlier step: the run had been resumed from before.
    record(run, setting(7, [1, 2]))
    assert made_edits(run) == [setting(7, [1, 2]), add, UndoPoints(step=25), setting(30, None)]
    spec = effective_spec(run)
    assert spec.edits == [
        setting(5, 0.1),
        setting(7, [1, 2]),
        setting(20, 0.2),
        add,
        UndoPoints(step=25),
        setting(30, None),
    ]
    assert msgspec.structs.replace(spec, edits=run.record.spec.edits) == run.record.spec
    assert in_order(reversed(spec.edits))[:2] == spec.edits[:2]


def test_a_torn_line_was_never_answered(run):
    record(run, setting(3, 1.0))
    record(run, setting(4, 2.0))
    raw = run.events.path.read_bytes()
    run.events.path.write_bytes(raw[:-10])
    assert made_edits(run) == [setting(3, 1.0)]
    record(run, setting(6, 3.0))
    assert made_edits(run) == [setting(3, 1.0), setting(6, 3.0)]


@pytest.mark.parametrize("data", [{}, {"kind": "paint", "step": 3}, {"kind": "setting", "step": 3}])
def test_a_change_that_cannot_be_read_is_said(run, data):
    run.events.append(EDITED, 3, **data)
    with pytest.raises(StoreError, match="cannot be read") as damaged:
        effective_spec(run)
    assert damaged.value.kind == "data"
