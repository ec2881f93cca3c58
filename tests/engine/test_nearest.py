"""The nearest of all rows that a run learns: against every pair, and by the command."""

import numpy as np
import pytest

from pushforward.models.contracts.batch import Batch
from pushforward.models.kinds.jets import jets
from pushforward.studio.engine.data import nearest as module
from pushforward.studio.engine.data.nearest import nearest
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.engine.run.run_creation import new_run
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.protocol.wire import unpack_arrays
from tests.engine.fakes import QUICK
from tests.engine.test_commands import Desk
from tests.engine.test_extras import finished

discover()
N, K = 300, 3
KIND = kind_of("jets")


@pytest.mark.parametrize("by", ["constituents", "pt-mass"])
def test_the_nearest_are_those_of_all_pairs_of_the_same_type(by, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", 64)  # the nearest are in different ones
    source, asked = jets(N, 0), jets(20, 1).rows(slice(None))
    compared = KIND.near_by[by]
    found = finished(nearest(source, asked, compared, K))
    real = source.rows(slice(None))
    apart = np.linalg.norm(compared(asked)[:, None] - compared(real), axis=2)
    same = asked.given["label"][:, None] == real.given["label"]
    apart[~same.numpy()] = np.inf
    np.testing.assert_array_equal(found.number, np.argsort(apart, axis=1)[:, :K])
    np.testing.assert_allclose(found.far, np.sort(apart, axis=1)[:, :K], atol=1e-7)
    np.testing.assert_array_equal(found.among, same.sum(1))
    assert np.isnan(found.usual).all(), "nobody asked"
    first = np.argsort(np.where(np.arange(N) < 64, apart, np.inf), axis=1)[:, 0]
    assert (first != found.number[:, 0]).any(), "the nearest of those that come first are others"


def test_a_row_is_not_its_own_nearest_and_a_copy_is_told_from_what_is_usual():
    source = jets(N, 0)
    asked = source.rows(slice(0, 2))
    found = finished(nearest(source, asked, KIND.near_by["constituents"], 2, usual=True))
    assert found.number[:, 0].tolist() == [0, 1]
    assert (found.far[:, 0] < 1e-6).all()
    everything = source.rows(slice(None))
    x = KIND.near_by["constituents"](everything)
    for row in range(2):
        of = np.flatnonzero(source.label.numpy() == int(asked.given["label"][row]))
        apart = np.linalg.norm(x[of][:, None] - x[of], axis=2) + np.diag(np.full(len(of), np.inf))
        median = float(np.median(apart.min(axis=1)))
        assert found.usual[row] == pytest.approx(median, rel=0.25), "of 64 of them"


def test_without_types_all_are_sought_and_fewer_than_asked_are_told_apart():
    source = jets(4, 0)
    asked = Batch(source.x[:1], source.rows(slice(0, 1)).mask, {})
    found = finished(nearest(source, asked, KIND.near_by["constituents"], 6))
    assert found.among.tolist() == [4]
    assert np.isfinite(found.far[0]).tolist() == [True] * 4 + [False] * 2


def test_the_command_answers_with_training_jets_and_says_what_it_cannot_seek(tmp_path):
    desk = Desk(tmp_path)
    spec = RunSpec(
        name="jets", family=Pick(slug="edm"), dataset=Pick(slug="pythia-jets"),
        training={**QUICK, "steps": 5, "device": "cpu", "samples": 500},
    )  # fmt: skip
    run = str(new_run(check(spec), tmp_path / "project").path)
    asked = m.GetNearest(
        run=run, by="pt-mass", x=[[[0.0, 0.0, 0.0]] * 30] * 2, n=2,
        given={"pt": [1000.0, 900.0], "mass": [80.0, 60.0], "label": [3, 0]},
    )  # fmt: skip
    said = desk.reply(asked)
    reply = desk.outbox.of(m.Reply)[-1]
    there = unpack_arrays(reply.arrays, desk.outbox.payloads[reply.re])
    assert said["n"] == 500
    assert said["names"][3] == "W"
    assert there["label"].tolist() == [3, 3, 0, 0]
    assert there["x"].shape == (4, 30, 3)
    off = np.hypot(np.log(there["pt"][:2] / 1000.0), np.log(there["mass"][:2] / 80.0))
    np.testing.assert_allclose(there["far"][0], off, rtol=1e-4)
    nobody = desk.refused(m.GetNearest(run=run, by="colour", x=asked.x))
    assert nobody.message == "Jets cannot be searched by 'colour', only by constituents, pt-mass."
    lacking = desk.refused(m.GetNearest(run=run, by="pt-mass", x=asked.x, given={"pt": [1.0, 1.0]}))
    assert lacking.message == "Searching by pt-mass needs mass."
    short = desk.refused(m.GetNearest(run=run, by="constituents", x=[[[0.0, 0.0]]]))
    assert "rows (n, 30, 3)" in short.message
