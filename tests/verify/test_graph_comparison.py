"""The table of all families of graphs: who takes part, for how long, and what stands beside."""

import tomllib

import pytest

from pushforward.models.registry import registry
from pushforward.studio.cli import catalogue
from pushforward.studio.resources import folder
from pushforward.verify.graphs import family_comparison
from pushforward.verify.graphs.family_comparison import SAMPLED, compared, rivals, stood
from tests.tiers import EXHAUSTIVE

catalogue.load()
CONTESTS = {
    "communities": family_comparison._COMMUNITIES,
    "egos": family_comparison._EGOS,
    "grids": family_comparison._GRIDS,
}
NULLS = 5
FLOOR, ANYWHERE = "fresh graphs: the floor", "null: as many edges anywhere"


def test_all_take_part_that_make_graphs_and_need_no_other_model():
    found = {rival.family for rival in rivals()}
    graphs_only = {e.slug for e in registry.all("family") if e.needs == ("graph",)}
    assert graphs_only <= found
    assert {"edm", "gan", "monoflow", "mmd-flow", "discriminator-flow"} <= found
    assert not found & {"classifier", "reflow", "vae", "masked-types"}


@pytest.mark.parametrize(("title", "slug"), [("EDP-GNN", "edp-gnn"), ("GDSS", "gdss")])
def test_a_named_method_is_as_it_is_named_but_for_its_calls(title, slug):
    named = tomllib.loads((folder("methods") / f"{slug}.toml").read_text(encoding="utf-8"))
    family, config, sampler, sampling = SAMPLED[title]
    assert (family, config) == (named["family"]["slug"], named["family"]["config"])
    assert sampler == named["sampler"]["slug"]
    known = named["sampler"]["config"]
    fewer = {name for name in known if known[name] != sampling[name]}
    assert fewer <= {"steps", "walk"}
    assert all(sampling[name] < known[name] for name in fewer)


@pytest.mark.parametrize(
    "name",
    ["egos", *(pytest.param(name, marks=pytest.mark.slow) for name in ("communities", "grids"))],
)
@EXHAUSTIVE
def test_graphs_of_a_set_pass_for_it_and_those_that_only_look_like_them_do_not(name):
    contest = CONTESTS[name]
    some = [rival for rival in rivals() if rival.family in ("cell", "graph-vae")]
    found = {rival.title: stood(contest, rival, 0.05) for rival in some}
    outcome = compared(contest, 0.05, found)
    assert outcome.passed is None
    table = outcome.table
    unknown = [title for title in contest.published if title not in found]
    assert len(table.rows) == len(some) + 1 + NULLS + len(unknown)
    assert {len(row) for row in table.rows} == {len(table.columns)}
    rows = {row[0]: row for row in table.rows}
    for title, row in rows.items():
        if title in unknown:
            assert row[-1] == contest.published[title]
        else:
            told = [
                f"{outcome.value[f'{title}, {each} 20v20']:.3f}" for each in ("degree", "orbit")
            ]
            shown = row[2].replace("\N{NO-BREAK SPACE}", " ").split(" / ")
            assert [shown[0], shown[2]] == [each.replace("0.", ".", 1) for each in told]
    assert outcome.value[f"{FLOOR}, valid"] > 0.95
    assert outcome.value[f"{ANYWHERE}, valid"] < 0.35
    for each in (ANYWHERE, "null: edges each for itself"):
        apart = sum(outcome.value[f"{each}, {x}"] for x in ("degree", "clustering", "orbit"))
        assert apart > 0.05
