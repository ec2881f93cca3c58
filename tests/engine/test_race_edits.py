"""Within a race, one that takes part may be edited and walked through, and can be left later."""

import pytest

from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.run.branching import branch
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import ChangeSetting
from pushforward.studio.store.edits import effective_spec, made_edits
from tests.engine.fakes import losses, new_run
from tests.engine.test_commands import Desk
from tests.engine.test_racing import settled, start, until


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_one_of_a_race_is_edited_and_staged_and_the_others_are_not(desk, tmp_path):
    race, (one, other), (edited, plain) = start(desk)
    get = desk.engine.queue.get
    until(desk, lambda: get(one).step >= 10)
    desk.reply(m.Control(job=race, action="pause"))
    settled(desk)
    change = ChangeSetting(step=0, path="rate", value=0.5)
    assert desk.send(m.ApplyEdit(job=one, edit=change)) is None
    asked = desk.id
    settled(desk)
    [reply] = [e for e in desk.outbox.of(m.Reply) if e.re == asked]
    step = get(one).step
    assert reply.result == {"step": step}
    desk.reply(m.Control(job=one, action="stage", n=2))
    settled(desk)
    assert (get(one).step, get(other).state) == (step, "paused")
    assert [(e.job, e.step, e.stage) for e in desk.outbox.of(m.StageDone)] == [
        (one, step, "draw"),
        (one, step, "look"),
    ]
    desk.reply(m.Control(job=race, action="resume"))
    desk.work()
    assert (get(one).state, get(other).state) == ("finished", "finished")
    assert [e.step for e in made_edits(edited)] == [step]
    assert made_edits(plain) == []
    for folder in (edited, plain):
        again = new_run(tmp_path, effective_spec(folder))
        headless.run(again.path)
        done = len(losses(folder)[1])
        assert done == 40
        assert losses(again)[1][:done] == losses(folder)[1][: len(losses(again)[1])]


def test_a_branch_of_a_run_of_a_race_is_a_training_of_its_own(desk):
    _, _, (parent, _) = start(desk)
    desk.work()
    child, _ = branch(parent, 12, "left the race")
    assert (child.record.race, child.record.parent) == ("", parent.name)
    assert headless.run(child.path).state == "finished"
    assert losses(child) == losses(parent)
