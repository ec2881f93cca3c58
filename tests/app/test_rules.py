"""What is valid: said by a chip of Browse, chosen there, kept with the project, taken back."""

import numpy as np
import pytest

from pushforward.observables.graphs.makes import MAKES
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.core.selection import Selection, Source
from pushforward.studio.app.data import rule_chip
from pushforward.studio.app.data.browser import Browser
from pushforward.studio.app.data_types.graphs.graph_sets import percent
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunRecord
from tests.app.test_graph_tiles import PATH, RING, STAR, rows

EIGHT = RunSpec(name="t", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"))


def test_a_share_is_neither_all_nor_none_unless_it_is():
    said = [percent(share).partition(" of")[0] for share in (0.0, 0.002, 0.5, 0.998, 1.0)]
    assert said == ["none", "< 1 %", "50 %", "99 %", "100 %"]


async def test_a_rule_is_for_all_runs_on_the_data_and_the_toast_takes_it_back(
    bench, wait, tmp_path, monkeypatch
):
    project = Project.create(tmp_path / "p", "p")
    for spec in (
        EIGHT,
        EIGHT,
        RunSpec(name="o", family=EIGHT.family, dataset=Pick(slug="ring-of-five")),
    ):
        project.new_run(RunRecord(spec=spec)).update_status(state="finished", step=9, total=9)
    await bench.start()
    await bench.actions.project.show(project.path)
    asked = []
    monkeypatch.setattr(bench.actions.real_samples, "reload", asked.append)
    runs = list(bench.state.runs.by_key.values())
    for run in runs:
        run.target = np.zeros((2, 6), np.float32)
    first = next(run for run in runs if run.spec.dataset.slug == "eight-gaussians")
    bench.actions.rules.choose(first.key, "tree")
    await wait(lambda: len(asked) == 2)
    assert {bench.state.runs.by_key[key].spec.dataset.slug for key in asked} == {"eight-gaussians"}
    assert project.rule("eight-gaussians") == "tree"
    bench.follow_notice()
    await wait(lambda: project.rule("eight-gaussians") == "")


@pytest.fixture
def browser(qapp):
    made = Browser(Selection())
    made.resize(900, 500)
    made.show()
    yield made
    made.close()
    made.deleteLater()


async def test_the_chip_says_the_rule_and_offers_others(browser, wait, monkeypatch):
    training = {"x": rows((4, PATH), (4, RING), (4, STAR))}
    meant = training | kind("graphs").holding({"meant": 1.0 + list(MAKES).index("tree")}, 3)
    real = meant | kind("graphs").among(training, meant, own=True)
    made_of, real_of = (Source("/r", what, "") for what in ("samples", "data"))
    browser.show_data(kind("graphs"), training, made_of, real, real_of, "")
    chip = browser.rule
    assert (chip.isVisible(), chip.text()) == (True, "✓: a tree (67 % of the real graphs)")
    chosen = []
    chip.chosen.connect(chosen.append)
    opened = []
    monkeypatch.setattr(rule_chip, "open_menu", lambda _chip, _at, entries: opened.append(entries))
    chip.click()
    await wait(lambda: opened)
    next(do for said, do in opened[0] if said == "Connected: 100 % of the real graphs")()
    assert chosen == ["connected"]
    images = {"x": np.zeros((3, 1, 4, 4), np.float32)}
    browser.show_data(kind("images"), images, made_of, images, real_of, "")
    assert not chip.isVisible(), "of images nobody can say what is valid"
