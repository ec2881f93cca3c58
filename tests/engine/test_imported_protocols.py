"""A run chooses by which protocol imported histories are split."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pushforward.models.layouts.histories import PADDING
from pushforward.models.operators.recommend import chosen
from pushforward.studio.__main__ import main
from pushforward.studio.engine.data.imported_data import find_imported, find_shares
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.jobs.operator_job import inline
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.model_cache import WarmModels
from pushforward.studio.engine.run.resolve import resolve
from pushforward.studio.protocol.messages import Operate
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project

discover()
USERS, LENGTH, LONGEST, ITEMS = 40, 14, 10, 20
PROTOCOLS = ("ratio", "last-item", "time")


def project_of(folder: Path, *, timed: bool = True, mark: str = "") -> Path:
    """Return a project with histories of items that follow each other in a circle."""
    rng = np.random.default_rng(0)
    path = folder / "events.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file)
        lines.writerow(["user", "item", *(["time"] if timed else [])])
        for user in range(USERS):
            begin = int(rng.integers(0, 500))
            for place in range(LENGTH):
                time = [1_000_000 + 3600 * (begin + 20 * place)] if timed else []
                lines.writerow([f"{mark}{user}", f"{mark}{(user + place) % ITEMS}", *time])
    words = ["import", str(path), "--name", "films", "--out", str(folder / "project")]
    assert main([*words, "--set", f"longest={LONGEST}"]) == 0
    return folder / "project"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project_of(tmp_path_factory.mktemp("protocols"))


def spec(**settings: Any) -> RunSpec:
    config = {"kind": "interactions", **settings}
    quick = {"steps": 4, "batch": 32, "device": "cpu", "threads": 1}
    return RunSpec(
        name="a test",
        family=Pick(slug="pop"),
        dataset=Pick(slug="project:films", config=config),
        training=quick,
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_that_is_held_out_is_learned(project: Path, protocol: str) -> None:
    data = find_imported("films", project, {"protocol": protocol})
    everything = {int(row.people[0]): row for row in (data.all_rows().take([i]) for i in range(40))}
    assert data.validates
    for rows in (data.held, data.unseen):
        held = rows.held_out()
        targets = held.targets.values.split(held.targets.lengths.tolist())
        users, histories = held.source.numbers.tolist(), held.histories.x.tolist()
        for user, known, last in zip(users, histories, targets, strict=True):
            whole = [each for each in everything[user].x[0].tolist() if each != PADDING]
            known = [each for each in known if each != PADDING]
            assert [*known, *last.tolist()] == whole[: len(known) + len(last)]
    test = dict(zip(data.unseen.numbers.tolist(), data.unseen.targets.tolist(), strict=True))
    for user, row in zip(data.rows.numbers.tolist(), data.rows.x.tolist(), strict=True):
        learned = [each for each in row if each != PADDING]
        whole = [each for each in everything[user].x[0].tolist() if each != PADDING]
        assert learned == whole[: len(learned)]
        assert len(learned) <= len(whole) - test.get(user, 0)
    # Older items than a model reads have been seen, and are not recommended.
    assert data.unseen.earlier is not None
    assert int(data.unseen.earlier.lengths.min()) == LENGTH - LONGEST


def test_the_split_by_time_learns_nothing_of_the_future(project: Path) -> None:
    data = find_imported("films", project, {"protocol": "time"})
    held = data.unseen.held_out()
    first = data.unseen.times.gather(1, (data.unseen.size - held.targets.lengths)[:, None])
    assert int(data.rows.times.max()) < int(first.min())
    assert find_shares("films", project, {"protocol": "time"})["tested"] == len(data.unseen)


def test_without_a_protocol_users_are_held_out(project: Path) -> None:
    data = find_imported("films", project, {"protocol": "users"})
    learned, held = (set(rows.numbers.tolist()) for rows in (data.rows, data.held))
    assert not learned & held
    assert find_imported("films", project).hash == data.hash
    other = find_imported("films", project, {"protocol": "ratio"})
    assert other.hash != data.hash, "a run that resumes must notice another split"


def test_runs_of_all_protocols_are_measured(project: Path) -> None:
    found = {}
    for protocol in PROTOCOLS:
        status = headless.run(spec(protocol=protocol), project=project)
        assert status.state == "finished", status.error
        run = Project.open(project).runs()[-1]
        assert run.record.spec.dataset.config["protocol"] == protocol
        found[protocol] = run.metrics.read()[0]["quality/ndcg-at-10"][1][-1]
    assert len(set(found.values())) == 3, found


def test_an_unknown_protocol_is_refused_at_its_setting(project: Path) -> None:
    resolved, problems = resolve(spec(protocol="future"), project=project)
    assert resolved is None
    assert [problem.path for problem in problems] == ["dataset.protocol"]


def test_a_split_by_time_needs_times(tmp_path: Path) -> None:
    project = project_of(tmp_path, timed=False)
    with pytest.raises(Refused, match="needs the times") as refused:
        find_imported("films", project, {"protocol": "time"})
    assert refused.value.info.path == "dataset.protocol"


def test_the_command_line_sets_it_and_the_catalogue_offers_it(project: Path, capsys: Any) -> None:
    words = ["run", "pop@project:films", "--out", str(project), "--set", "training.steps=2"]
    assert main([*words, "--set", "dataset.protocol=last-item"]) == 0
    run = Project.open(project).runs()[-1]
    assert run.record.spec.dataset.config == {"kind": "interactions", "protocol": "last-item"}
    assert main([*words, "--set", "dataset.protocl=time"]) == 2
    assert "dataset.protocol" in capsys.readouterr().err
    entry = build([]).get("imported", "interactions")
    assert entry is not None
    assert [field.path for field in entry.fields] == ["protocol"]


def test_test_users_are_measured_by_their_own_targets_and_named_as_in_the_file(
    tmp_path: Path,
) -> None:
    project = project_of(tmp_path, mark="=K")
    assert headless.run(spec(protocol="last-item"), project=project).state == "finished"
    run = Project.open(project).runs()[-1]

    def ask(operator: str, file: str = "", **config: Any) -> dict[str, Any]:
        inputs = {"histories": [[1, 2]]} if operator == "item-map" else {}
        command = Operate(
            run=str(run.path), operator=operator, config=config, inputs=inputs, file=file
        )
        work = inline(command, WarmModels())
        while True:
            try:
                next(work)
            except StopIteration as end:
                if file:
                    end.value.export(Path(file))
                return dict(end.value.arrays)

    validation = ask("recommend-users", users=7)
    test = ask("recommend-users", users=7, split="test")
    assert (test["length"] - validation["length"]).tolist() == [1] * 7
    assert test["total"].tolist() == [USERS]
    lists = tmp_path / "lists.csv"
    ask("recommend", str(lists), k=2)
    rows = list(csv.DictReader(lists.read_text(encoding="utf-8").splitlines()))
    assert {row["user_id"] for row in rows} == {f"'=K{user}" for user in range(USERS)}
    assert {row["item_id"] for row in rows} <= {f"'=K{item}" for item in range(ITEMS)}
    ask("item-map", str(tmp_path / "items.npz"), vectors=True)
    with np.load(tmp_path / "items.npz") as saved:
        assert len(saved["vectors"]) == ITEMS
        assert set(saved["item"]) == {f"=K{item}" for item in range(ITEMS)}
    names = find_imported("films", project).all_rows().names
    assert names[:2] == ["=K0", "=K1"]
    assert chosen("=K1", torch.arange(1, 4), names[:3]).tolist() == [1]
