"""What a trained run can do, and under which conditions, told before anything is loaded."""

import pytest

import pushforward.studio.engine.kinds.jets  # noqa: F401  # as in the engine
from pushforward.models.kinds.jets import jets
from pushforward.models.registry import registry
from pushforward.studio.app.data_types.images.image_edits import TASKS
from pushforward.studio.engine.run.capabilities import conditions
from pushforward.studio.formats.jets.cleaning import HARDEST, SOFTEST
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.capabilities import Able
from pushforward.studio.protocol.wire import Decoder, encode
from tests.engine.test_commands import Desk


def test_conditions_are_told_between_what_they_lie_and_what_can_be_asked_for():
    found = {each.name: each for each in conditions(jets(300, 0).spec())}
    label, pt, size = found["label"], found["pt"], found["size"]
    assert label.names == ["narrow", "wide"]
    assert pt.low == pytest.approx(800, rel=0.1)
    assert pt.high == pytest.approx(1200, rel=0.1)
    assert (pt.names, pt.whole, pt.unit) == ([], False, "GeV")
    assert (pt.least, pt.most) == (SOFTEST, HARDEST), "as jets that are imported"
    assert (size.whole, size.least) == (True, 1.0)
    assert size.low <= size.high <= size.most


def test_a_run_says_what_it_can_do_and_why_not(tmp_path):
    desk = Desk(tmp_path)
    _, folder = desk.start()
    asked = m.GetAble(run=str(folder.path))
    assert "no checkpoint yet" in desk.refused(asked).message
    before = folder.status()
    folder.update_status(state="failed")
    assert desk.refused(asked).message.endswith("has no checkpoint: its training failed.")
    folder.write_status(before)
    desk.work()
    able = desk.reply(m.GetAble(run=str(folder.path)))
    assert isinstance(able, Able)
    told = {each.operator: each for each in able.operators}
    generate, recommend = told["generate"], told["recommend"]
    assert able.step == folder.checkpoints.steps()[-1]
    assert generate.suffixes == [".csv", ".npz", ".h5", ".hdf5", ".parquet"]
    assert generate.conditions
    assert not told["solver-lab"].conditions, "it is held against all real data"
    assert not generate.reason
    assert recommend.reason
    assert not recommend.suffixes
    # Over the line it is plain data.
    decoder = Decoder(m.Event)
    ((reply, _),) = decoder.feed(b"".join(encode(m.Reply(re=1, result=able), [])))
    assert reply.result["operators"][0]["operator"] == able.operators[0].operator


def test_a_task_of_the_edit_lab_is_called_as_what_does_it():
    """ "Restore: small" made a result that was called Super-resolve."""
    for task in TASKS:
        title = registry.get("operator", task.operator).title
        assert title == task.title or title.startswith(f"{task.title} ("), task.title
