"""Writing rows that are there already: those that were chosen, as they are seen."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.run.effective_settings import target_of
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.wire import unpack_arrays
from pushforward.studio.store.flow import FlowStore
from pushforward.studio.store.results import Results
from pushforward.studio.store.run import RunFolder
from pushforward.studio.store.samples import SampleSets
from tests.engine.test_commands import Desk
from tests.engine.test_operating import spec

CHOSEN = [17, 3, 8]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("made") / "project"
    assert headless.run(spec(), project=project).state == "finished"
    return project


@pytest.fixture
def desk(tmp_path: Path, made: Path) -> Desk:
    shutil.copytree(made, tmp_path / "project")
    return Desk(tmp_path)


@pytest.fixture
def run(desk: Desk, tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "project" / "runs" / "0001-a-test")


def written(desk: Desk, run: RunFolder, file: Path, **more: object) -> np.ndarray:
    """Let rows be written and return what is in the file."""
    desk.reply(m.ExportRows(run=str(run.path), file=str(file), **more))  # type: ignore[arg-type]
    desk.work()
    with np.load(file) as found:
        return np.asarray(found["x"])


def test_chosen_samples_are_written_in_the_order_they_are_named(
    desk: Desk, run: RunFolder, tmp_path: Path
) -> None:
    desk.reply(m.Operate(run=str(run.path), operator="generate", config={"n": 20, "seed": 5}))
    desk.work()
    (result,) = Results(run.results.folder).all()
    drawn = SampleSets(run.path).read(result.arrays)
    of = str(result.arrays)
    found = written(desk, run, tmp_path / "a.npz", what="samples", of=of, rows=CHOSEN)
    np.testing.assert_array_equal(found, drawn.x[CHOSEN])
    (event,) = [e for e in desk.outbox.of(m.ResultWritten) if e.file]
    assert (event.file, event.step) == (str(tmp_path / "a.npz"), 12)
    again = m.ExportRows(run=str(run.path), what="samples", of=of, file=event.file)
    assert desk.refused(again).path == "overwrite"


def test_particles_are_those_of_a_kept_moment(desk: Desk, run: RunFolder, tmp_path: Path) -> None:
    store = FlowStore(run.path)
    for step in (None, store.steps()[0]):
        expected = store.load(store.steps()[-1] if step is None else step)
        file = tmp_path / f"{step}.npz"
        found = written(desk, run, file, what="particles", step=step, rows=CHOSEN)
        np.testing.assert_array_equal(found, expected.x[-1][CHOSEN])
    some = written(desk, run, tmp_path / "some.npz", what="particles", n=7)
    np.testing.assert_array_equal(some, store.load(store.steps()[-1]).x[-1][:7])


def test_the_data_are_counted_as_they_are_shown(desk: Desk, run: RunFolder, tmp_path: Path) -> None:
    desk.reply(m.GetTarget(run=str(run.path), n=100))
    reply = desk.outbox.of(m.Reply)[-1]
    shown = unpack_arrays(reply.arrays, desk.outbox.payloads[reply.re])["x"]
    found = written(desk, run, tmp_path / "d.npz", what="data", n=100, rows=CHOSEN)
    np.testing.assert_array_equal(found, shown[CHOSEN])
    assert len(written(desk, run, tmp_path / "all.npz", what="data", n=100)) == 100


def test_held_out_data_are_others_than_those_that_are_learned_and_always_the_same(
    desk: Desk, run: RunFolder, tmp_path: Path
) -> None:
    def shown(**more: object) -> np.ndarray:
        assert desk.reply(m.GetTarget(run=str(run.path), n=100, **more)).get("held") == (
            True if more else None
        )
        reply = desk.outbox.of(m.Reply)[-1]
        return unpack_arrays(reply.arrays, desk.outbox.payloads[reply.re])["x"]

    held, learned = shown(held=True), shown()
    assert held.shape == learned.shape == (100, 2)
    apart = np.abs(held[:, None] - learned[None]).sum(axis=2)
    assert apart.min() > 0, "no row is learned from"
    np.testing.assert_array_equal(shown(held=True), held)
    found = written(desk, run, tmp_path / "h.npz", what="held", n=100, rows=CHOSEN)
    np.testing.assert_array_equal(found, held[CHOSEN])


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"what": "dreams", "file": "x.npz"}, "what"),
        ({"what": "data", "file": "x.docx"}, "file"),
        ({"what": "data", "file": "nowhere/x.npz"}, "file"),
    ],
)
def test_what_cannot_be_written_is_refused_at_once(
    desk: Desk, run: RunFolder, tmp_path: Path, more: dict[str, str], path: str
) -> None:
    more = {**more, "file": str(tmp_path / more["file"])}
    assert desk.refused(m.ExportRows(run=str(run.path), **more)).path == path


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"what": "particles", "rows": [0, 20]}, "rows"),
        ({"what": "particles", "n": 21}, "n"),
        ({"what": "particles", "step": -1}, "step"),
        ({"what": "samples", "of": "/etc/passwd"}, "of"),
    ],
)
def test_rows_that_are_not_there_fail_and_leave_no_file(
    desk: Desk, run: RunFolder, tmp_path: Path, more: dict[str, object], path: str
) -> None:
    file = tmp_path / "x.npz"
    desk.reply(m.ExportRows(run=str(run.path), file=str(file), **more))  # type: ignore[arg-type]
    desk.work()
    (failed,) = [e.info for e in desk.outbox.of(m.JobChanged) if e.info.state == "failed"]
    assert failed.error is not None
    assert failed.error.path == path
    assert not file.exists()


def test_rows_that_are_near_to_something_go_by_their_numbers_among_all(
    desk: Desk, run: RunFolder, tmp_path: Path
) -> None:
    every = target_of(run)[0].rows.rows(slice(None)).x.numpy()
    found = written(desk, run, tmp_path / "n.npz", what="near", rows=CHOSEN)
    np.testing.assert_array_equal(found, every[CHOSEN])
    none = m.ExportRows(
        run=str(run.path), what="near", rows=[len(every)], file=str(tmp_path / "o.npz")
    )
    desk.reply(none)
    desk.work()
    assert not (tmp_path / "o.npz").exists()
