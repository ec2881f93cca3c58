"""Recommenders under several protocols, from the command line."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushforward.observables.histories.user_means import compare_pairs
from pushforward.studio.__main__ import main
from pushforward.studio.protocol_table import UserValues, compare_protocols, format_cells
from pushforward.studio.store.project import Project
from tests.cli.test_kept import sets


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("protocols") / "project"
    small = sets("training.samples=150", "training.steps=4")
    for family in ("pop", "markov"):
        assert main(["run", f"{family}@streaming", "--out", str(folder), *small]) == 0
    return folder


def test_models_are_trained_once_under_each_protocol(project: Path, capsys: Any) -> None:
    runs = [str(run.path) for run in Project.open(project).runs()][:2]
    assert main(["protocols", *runs, "--protocol", "ratio", "--protocol", "time"]) == 0
    out = capsys.readouterr().out
    assert "80:20 per user" in out
    assert "Global time split" in out
    assert "LESS POP" in out
    made = Project.open(project).runs()
    assert len(made) == 6
    assert {run.record.spec.dataset.config.get("protocol") for run in made[2:]} == {"ratio", "time"}
    chosen = ["--protocol", "ratio", "--metric", "recall@20"]
    assert main(["protocols", *runs, *chosen, "--json"]) == 0
    cells = json.loads(capsys.readouterr().out)
    assert len(Project.open(project).runs()) == 6, "they are trained once"
    pop, markov = cells
    assert (pop["model"], markov["model"], pop["difference"]) == ("pop", "markov", None)
    assert markov["difference"] == pytest.approx(markov["mean"] - pop["mean"])
    assert markov["difference_low"] < markov["difference"] < markov["difference_high"]
    assert main(["protocols", *runs, *chosen, "--csv"]) == 0
    lines = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [float(line["mean"]) for line in lines] == [pop["mean"], markov["mean"]]


def test_an_unknown_metric_names_those_that_there_are(project: Path, capsys: Any) -> None:
    run = str(Project.open(project).runs()[0].path)
    options = ["--protocol", "ratio"]
    assert main(["protocols", run, *options, "--metric", "auc"]) == 2
    assert "ndcg@10" in capsys.readouterr().err
    assert main(["protocols", run, *options, "--protocol", "last-item", "--trained-only"]) == 0
    assert "Last item: no finished run" in capsys.readouterr().out


def _values(model: str, protocol: str, users: list[int], values: list[float]) -> UserValues:
    return UserValues(model, protocol, np.array(users), np.array(values))


def test_cells_are_means_over_seeds_and_paired_by_user() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(200)
    users = list(range(200))
    order = rng.permutation(200)
    found = [
        _values("a", "time", users, list(base)),
        _values("b", "time", list(order), list(base[order] + 0.1)),
        _values("b", "time", users, list(base + 0.3)),
        _values("b", "ratio", users, list(base)),
    ]
    cells = compare_protocols(found, "a")
    both = cells["b", "time"]
    assert both.runs == 2
    assert both.own.mean == pytest.approx(base.mean() + 0.2)
    assert both.own.spread == pytest.approx(0.2 / np.sqrt(2))
    assert both.compared is not None
    assert both.compared.difference == pytest.approx(0.2)
    assert both.compared.low == pytest.approx(both.compared.high), "the same for each user"
    assert cells["a", "time"].compared is None
    assert cells["b", "ratio"].compared is None, "the reference was not trained there"
    assert format_cells(None) == ("-", "-")
    assert "n.s." not in format_cells(both)[1]


def test_p_values_are_corrected_over_the_whole_table() -> None:
    rng = np.random.default_rng(1)
    base = rng.random(300)
    shifts = (0.012, 0.0, 0.001)
    models = [base + shift + 0.1 * rng.normal(size=300) for shift in shifts]
    alone = [compare_pairs([(each, base)])[0].p for each in models]
    together = [each.p for each in compare_pairs([(each, base) for each in models])]
    assert all(a <= b for a, b in zip(alone, together, strict=True))
    assert min(together) == pytest.approx(min(1.0, 3 * min(alone)))
