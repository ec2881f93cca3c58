"""Changes in the middle of a training: what is sent, and what a refusal says."""

import pytest

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.engine.actions import Actions
from pushforward.studio.app.engine.requests.request_base import Answer, Refused
from pushforward.studio.protocol.messages import ApplyEdit, ErrorInfo
from pushforward.studio.protocol.spec import ChangeSetting, UndoPoints

KEY = "/p/runs/0001-r"


class Link:
    """An engine that takes edits at step 40, or says why not."""

    alive = True

    def __init__(self):
        self.asked = []
        self.no = None

    async def ask(self, command):
        self.asked.append(command)
        if self.no is not None:
            raise Refused(self.no)
        return Answer({"step": 40})

    def tell(self, command): ...


@pytest.fixture
def running(loop):
    state, link = AppState(), Link()
    actions = Actions(state, link)
    state.runs.by_key[KEY] = RunState(key=KEY, name="r", job="j1", state="running", step=39)
    return state, actions, link


async def test_a_setting_is_changed_by_an_edit(running, wait):
    _, actions, link = running
    actions.edits.apply(KEY, ChangeSetting(step=0, path="rescaling", value="logit"))
    await wait(lambda: link.asked)
    (command,) = link.asked
    assert isinstance(command, ApplyEdit)
    assert command.job == "j1"
    assert command.edit == ChangeSetting(step=0, path="rescaling", value="logit")


async def test_the_step_at_which_it_holds_comes_back(running):
    _, actions, _ = running
    assert await actions.edits.apply_now(KEY, UndoPoints(step=0)) == 40


async def test_a_refusal_is_told_and_goes_when_the_next_one_is_taken(running, wait):
    state, actions, link = running
    link.no = ErrorInfo(kind="user", message="loss cannot change in a run", hint="Branch.")
    actions.edits.apply(KEY, ChangeSetting(step=0, path="loss", value="hinge"))
    await wait(lambda: state.notices.banners)
    (banner,) = state.notices.banners
    assert banner.text == "The change did not take hold"
    assert banner.why == "loss cannot change in a run"
    assert banner.todo == "Branch."
    link.no = None
    actions.edits.undo_points(KEY)
    await wait(lambda: not state.notices.banners)


@pytest.mark.parametrize(
    ("job", "background", "word"), [("", False, "not under way"), ("b", True, "another process")]
)
async def test_a_run_that_does_not_train_here_takes_no_edit(running, job, background, word):
    state, actions, link = running
    run = state.runs.by_key[KEY]
    run.job, run.background = job, background
    with pytest.raises(Refused, match=word):
        await actions.edits.apply_now(KEY, UndoPoints(step=0))
    assert not link.asked
