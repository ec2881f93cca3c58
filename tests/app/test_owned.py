"""A run that another process trains: whoever wants to resume it here is told by whom."""

from pathlib import Path

import pytest

from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.lock import Busy
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder, RunRecord
from pushforward.studio.workflows import background
from tests.client.fakes.engine import Refusal

SPEC = RunSpec(name="edm", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))
SENTENCE = "0001-edm is being trained by process 4711."


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = Project.create(tmp_path / "rings", "rings").new_run(RunRecord(spec=SPEC))
    made.update_status(state="failed", step=10, total=100)
    return made


async def test_the_person_is_told_who_has_the_run(bench, wait, run):
    await bench.start()
    bench.actions.project.open(run.path.parent.parent)
    await wait(lambda: bench.state.runs.current is not None)

    def refuse(command):
        raise Refusal(SENTENCE)

    bench.engine.script[m.ResumeTraining] = refuse
    bench.actions.training.resume(str(run.path))
    await wait(lambda: bench.state.notices.banners)
    banner = bench.state.notices.banners[0]
    assert banner.text == "The run did not resume"
    assert SENTENCE in banner.why


async def test_it_is_not_left_behind_to_a_second_process(bench, wait, run, monkeypatch):
    await bench.start()

    def start(path):
        raise Busy(SENTENCE, "Stop it there, or wait until it ends.", 4711)

    async def nothing(*_, **__):
        return None

    monkeypatch.setattr(background, "start", start)
    monkeypatch.setattr(bench.studio.link, "ask", nothing)
    monkeypatch.setattr(bench.studio.link, "close", nothing)
    with pytest.raises(Refused) as refused:
        await bench.actions.background.leave_behind("job", str(run.path))
    assert refused.value.error.message == SENTENCE
    monkeypatch.undo()
