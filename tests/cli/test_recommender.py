"""A recommender on the command line: it has people and items, and neither samples nor points."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.cli.test_kept import sets


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = tmp_path_factory.mktemp("recommender") / "project"
    small = sets("training.steps=4", "training.samples=60", "dataset.films=40")
    assert main(["run", "pop@films", "--out", str(folder), *small]) == 0
    return Project.open(folder).runs()[0]


@pytest.fixture
def said(run: RunFolder, capsys: Any) -> Any:
    def say(*words: str) -> str:
        capsys.readouterr()
        assert main([words[0], str(run.path), *words[1:]]) == 0
        out = capsys.readouterr().out
        assert not re.search(r"\b(samples?|points?)\b", out), out
        return str(out)

    return say


def test_an_evaluation_says_both_figures_beside_pop_and_of_how_many_people(said: Any) -> None:
    out = said("evaluate", "--count", "50")
    for slug in ("ndcg-at-10", "recall-at-10"):
        [line] = [line for line in out.splitlines() if line.startswith(f"{slug} ")]
        _, value, floor, limit, n, better, *_ = re.split(r" {2,}", line.strip())
        assert float(value.split()[0]) > 0
        assert float(floor.split()[0]) > 0
        assert (limit, n, better) == ("-", "50", "higher")
    assert "The floor of ndcg-at-10 and recall-at-10 is popularity (POP)" in " ".join(out.split())
    assert "Step 2; measured with 50 users, seed 0." in out
    assert "ndcg-at-10: chance 0." in out


def test_lists_of_some_people_are_written_and_counted_in_people(said: Any, tmp_path: Path) -> None:
    file = tmp_path / "lists.csv"
    out = said("do", "recommend", "--set", "k=3", "--set", "people=2,5-6", "--out", str(file))
    assert "3 of 3 users" in out
    assert f"Recommend of step 2 is in {file}." in out
    with open(file, encoding="utf-8", newline="") as text:
        lines = list(csv.DictReader(text))
    assert [line["user"] for line in lines] == ["2"] * 3 + ["5"] * 3 + ["6"] * 3
    assert all(float(line["score"]) < 0 and line["title"] for line in lines)


def test_a_family_that_moves_nothing_is_described_without_a_field(capsys: Any) -> None:
    capsys.readouterr()
    assert main(["show", "pop"]) == 0
    out = capsys.readouterr().out
    assert "Field:" not in out
    assert "Motion:" not in out
    assert "Training ends after 1 pass over the data" in out
    assert main(["show", "recommend"]) == 0
    assert "For: interactions" in capsys.readouterr().out
