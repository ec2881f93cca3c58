"""A recommender runs as any model does: trained, measured beside POP, resumed, asked, exported."""

import csv
import shutil
import time

import numpy as np
import pytest
import torch
from msgspec import structs

from pushforward.models.data.films import FilmsConfig, films
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.studio.engine.data.imported_data import find_imported
from pushforward.studio.engine.data.preview import preview
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.kinds.base import Facts, kind_of
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.resolve import resolve
from pushforward.studio.engine.run.run_creation import new_run
from pushforward.studio.engine.sharing.answer_panels import answer_panel
from pushforward.studio.engine.sharing.report import ReportPlan, write_report
from pushforward.studio.engine.sharing.share_flow import SharePlan, share_flow
from pushforward.studio.formats.list_panel import ListPanel
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.protocol.wire import unpack_arrays
from pushforward.studio.store.run import RunFolder
from tests.engine.same import result_of
from tests.engine.test_commands import Desk

discover()
FILMS = {"films": 40, "longest": 12}
QUICK = {
    "steps": 12, "batch": 32, "samples": 200, "evaluate_samples": 100, "device": "cpu",
    "threads": 1, "checkpoint_steps": 6,
}  # fmt: skip
ONE_PASS = 7  # steps: 200 histories in batches of 32


def operate(run, operator, file="", **more):
    return m.Operate(run=str(run.path), operator=operator, file=str(file), **more)


def answer(desk, command):
    """Ask for an answer at once; return it with its arrays."""
    said = desk.reply(command)
    reply = desk.outbox.of(m.Reply)[-1]
    return said, unpack_arrays(reply.arrays, desk.outbox.payloads[reply.re])


def spec(family, **training):
    config = {"net": {"slug": "gru-sequence", "config": {"width": 8, "hidden": 16}}}
    return RunSpec(
        name="a test",
        family=Pick(slug=family, config=config if family == "gru4rec" else {}),
        dataset=Pick(slug="films", config=FILMS),
        training={**QUICK, **training},
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    project = tmp_path_factory.mktemp("made") / "project"
    for family in ("gru4rec", "pop"):
        status = headless.run(spec(family), project=project)
        assert status.state == "finished", status.error
    return project


@pytest.fixture
def runs(made):
    return [RunFolder(path) for path in sorted((made / "runs").iterdir())]


def test_both_are_measured_beside_popularity_and_keep_no_records(runs):
    for run in runs:
        columns, floors = run.metrics.read()
        assert set(floors) >= {"ndcg-at-10", "recall-at-10"}
        assert columns["quality/recall-at-10"][0][-1] == run.status().step
        assert columns["cost/samples"][1][-1] == 100.0
        assert not run.flow.steps()
    pop = runs[1].metrics.read()[0]
    # What POP recommends is what it is held against, but for whose histories it has counted.
    assert pop["quality/recall-at-10"][1][-1] == pytest.approx(
        pop["cost/floor/recall-at-10"][1][-1], abs=0.12
    )


def test_lists_are_shared_as_they_are_learned(runs, tmp_path):
    panel = result_of(answer_panel(runs[0]))
    assert isinstance(panel, ListPanel)
    assert (panel.steps[0], panel.steps[-1]) == (0, 12)
    assert len(panel.steps) > 5
    for place, user in enumerate(panel.users):
        assert user.known[-1] == len(user.history) - 1, "the last item is left to be found"
        for column, known in enumerate(user.known):
            listed = panel.items[:, column, place]
            assert not np.isin(listed, user.history[:known]).any()
    assert (panel.items[0] != panel.items[-1]).any()
    assert (np.diff(panel.probability, axis=-1) <= 0).all()
    page = tmp_path / "lists.html"
    *_, done = share_flow(SharePlan(runs[:1], page))
    assert done.size == page.stat().st_size < 1_000_000
    assert '"type":"lists"' in page.read_text(encoding="utf-8")
    *_, done = write_report(ReportPlan(runs, tmp_path / "report.html"))
    assert (tmp_path / "report.html").read_text(encoding="utf-8").count('"type":"lists"') == 2


def test_a_run_that_goes_on_is_as_if_it_had_never_stopped(tmp_path, runs):
    part = tmp_path / "part"
    assert headless.run(spec("pop", steps=5), project=part).state == "finished"
    folder = RunFolder(part / "runs" / "0001-a-test")
    assert headless.run(folder.path, steps=ONE_PASS).state == "finished"
    whole, parts = (load(run).family.state() for run in (runs[1], folder))
    assert torch.equal(whole.tensors["counts/seen"], parts.tensors["counts/seen"])
    assert whole.tensors["counts/seen"].sum() > 200 * 5


def test_popularity_is_counted_in_one_pass_and_trains_no_longer(runs):
    gru, pop = (run.status() for run in runs)
    assert (gru.step, pop.step, pop.total) == (12, ONE_PASS, ONE_PASS)
    assert runs[1].record.spec.training["steps"] == ONE_PASS
    fewer, _ = resolve(spec("pop", steps=3))
    usual, _ = resolve(structs.replace(spec("pop"), training={}))
    assert fewer.training.steps == 3
    assert usual.training.steps == -(-usual.training.samples // usual.training.batch)


def test_an_answer_comes_at_once(tmp_path, runs):
    desk, run = Desk(tmp_path), runs[0]
    history = [[3, 4, 9] + [0] * 9]
    said, first = answer(
        desk, operate(run, "recommend", inputs={"histories": history}, inline=True)
    )
    assert said["step"] == 12
    assert first["item"].shape == first["score"].shape == (1, 10)
    assert not {3, 4, 9} & set(first["item"][0].tolist())
    began = time.perf_counter()
    _, again = answer(desk, operate(run, "recommend", inputs={"histories": history}, inline=True))
    took = time.perf_counter() - began
    assert (again["item"] == first["item"]).all()
    assert took < 0.5, "a warm answer to one history"
    expected = load(run).family.recommend(torch.tensor(history))
    assert first["score"][0, 0] == pytest.approx(float(expected[0, first["item"][0, 0] - 1]))


def test_lists_of_all_people_are_a_table_with_titles(tmp_path, runs):
    desk, file = Desk(tmp_path), tmp_path / "lists.csv"
    desk.reply(operate(runs[0], "recommend", file, inputs={"histories": "data"}, config={"k": 3}))
    desk.work()
    with open(file, encoding="utf-8", newline="") as text:
        lines = list(csv.DictReader(text))
    assert len(lines) == 3 * 200
    assert [line["rank"] for line in lines[:3]] == ["1", "2", "3"]
    data = films(FilmsConfig(**FILMS), 200, 0)
    assert all(line["title"] == data.titles[int(line["item"]) - 1] for line in lines)
    seen = {(row, int(item)) for row, x in enumerate(data.x) for item in x if item}
    assert not {(int(line["user"]) - 1, int(line["item"])) for line in lines} & seen
    assert all(-20 < float(line["score"]) < 0 for line in lines), "numbers, and no text"
    some = {"people": "6, 8-9", "k": 2}
    again = operate(
        runs[1], "recommend", file, inputs={"histories": "data"}, config=some, overwrite=True
    )
    desk.reply(again)
    desk.work()
    with open(file, encoding="utf-8", newline="") as text:
        assert [line["user"] for line in csv.DictReader(text)] == ["6", "6", "8", "8", "9", "9"]


def test_lists_are_kept_in_the_run_and_wrong_people_are_refused(tmp_path, made):
    shutil.copytree(made, tmp_path / "project")
    desk, run = Desk(tmp_path), RunFolder(tmp_path / "project" / "runs" / "0001-a-test")
    desk.reply(operate(run, "recommend", inputs={"histories": "data"}, config={"people": "1-4"}))
    desk.work()
    [result] = run.results.all()
    assert result.record.handed == {"histories": 200}
    error = desk.refused(operate(run, "recommend", config={"people": "201"}, inline=True))
    assert "from 1 to 200" in error.message


def test_histories_are_handed_by_titles_and_of_any_length(tmp_path, runs):
    desk, run = Desk(tmp_path), runs[0]
    titles = load(run).columns
    named, numbers = [[titles[2], titles[3].upper()], []], [[3, 4], []]
    answers = [
        answer(desk, operate(run, "recommend", inputs={"histories": each}, inline=True))[1]["item"]
        for each in (named, numbers)
    ]
    assert (answers[0] == answers[1]).all()
    long = [*range(1, 31)]
    said, _ = answer(desk, operate(run, "recommend", inputs={"histories": [long]}, inline=True))
    assert said["note"] == "One history is longer than 12 items; the last 12 are read."
    for wrong, says in (
        ([["no such film"]], "'no such film' is not"),
        ([[1.5]], "got 1.5"),
        ([1, 2], "each a list"),
        ([], "one history"),
    ):
        error = desk.refused(operate(run, "recommend", inputs={"histories": wrong}, inline=True))
        assert says in error.message, error


def test_a_preview_says_titles_and_histories_are_exported(tmp_path):
    facts, arrays = preview(Pick(slug="films", config=FILMS), None, 30)
    assert len(facts["columns"]) == 40
    assert arrays["x"].shape == (30, 12)
    data = InteractionSet(torch.tensor([[2, 1, 0], [1, 0, 0]]), ("=1+1", "Ü, the film"))
    kind, file = kind_of("interactions"), tmp_path / "histories.csv"
    kind.write(file, data.rows(slice(None)), data.titles, {})
    assert file.read_text("utf-8") == (
        "user,place,item,title\n1,1,2,\"Ü, the film\"\n1,2,1,'=1+1\n2,1,1,'=1+1\n"
    )
    assert kind.describe_data(data) == "2 users, 2 items, 3 interactions"


def test_other_models_are_refused_for_histories_and_these_for_points():
    wrong = RunSpec(name="x", family=Pick(slug="edm"), dataset=Pick(slug="films"))
    assert "interactions" in resolve(wrong)[1][0].message
    other = RunSpec(name="x", family=Pick(slug="gru4rec"), dataset=Pick(slug="ring-of-five"))
    assert "points" in resolve(other)[1][0].message


def import_small(tmp_path, people, longest=12):
    """Import histories of so many people, of nine out of 17 films each."""
    lines = [f"{100 + u},{7 + (3 * u + i) % 17},4,{i}" for u in range(people) for i in range(9)]
    ratings, films_file = tmp_path / "ratings.csv", tmp_path / "movies.csv"
    ratings.write_text("userId,movieId,rating,timestamp\n" + "\n".join(lines) + "\n")
    titles = [f'{7 + i},"Film, {i}",Drama' for i in range(17)]
    films_file.write_text("movieId,title,genres\n" + "\n".join(titles) + "\n")
    options = {"core": 1, "longest": longest}
    desk = Desk(tmp_path)
    desk.reply(
        m.ImportData(
            files=[str(ratings), str(films_file)],
            project=str(tmp_path / "project"),
            name="small",
            importer="movielens",
            options=options,
        )
    )
    desk.work()
    return desk


def test_few_who_are_held_out_are_all_measured_with_and_that_is_said(tmp_path):
    import_small(tmp_path, 24)
    data = find_imported("small", tmp_path / "project")
    held = len(data.held)
    assert 0 < held < 4, "too few for two halves"
    assert len(data.all_rows()) == 24
    assert data.some(1000, 0) is data.held
    wanted = structs.replace(spec("pop", steps=4), dataset=Pick(slug="project:small"))
    status = headless.run(wanted, project=tmp_path / "project")
    assert status.state == "finished", status.error
    run = RunFolder(tmp_path / "project" / "runs" / "0001-a-test")
    columns, floors = run.metrics.read()
    assert columns["cost/samples"][1][-1] == held
    assert columns["quality/recall-at-10"][1][-1] == pytest.approx(floors["recall-at-10"], abs=0.5)
    people = "user" if held == 1 else "users"
    said = f"NDCG at 10 and Recall at 10: measured with {held} {people} only"
    assert (run.path / "log.txt").read_text("utf-8").count(said) == 1


def test_no_more_evaluation_samples_are_recorded_than_are_held_out(tmp_path):
    import_small(tmp_path, 300)
    small = Pick(slug="project:small", config={"kind": "interactions"})
    imported = structs.replace(spec("pop"), dataset=small)
    many = structs.replace(imported, training={**imported.training, "evaluate_samples": 1000})
    resolved, problems = resolve(many)
    assert not problems
    record = new_run(resolved, tmp_path / "project").record
    held = len(find_imported("small", tmp_path / "project").held)
    assert record.spec.training["evaluate_samples"] == held > 20


def test_an_imported_folder_is_trained_on(tmp_path):
    desk = import_small(tmp_path, 40)
    wanted = spec("gru4rec", evaluate_samples=20)
    imported = structs.replace(wanted, dataset=Pick(slug="project:small"))
    status = headless.run(imported, project=tmp_path / "project")
    assert status.state == "finished", status.error
    run = RunFolder(tmp_path / "project" / "runs" / "0001-a-test")
    columns, floors = run.metrics.read()
    assert "recall-at-10" in floors
    assert columns["quality/recall-at-10"][1][-1] >= 0.0
    _, said = answer(desk, operate(run, "recommend", inputs={"histories": [[1, 2] + [0] * 10]},
                                   inline=True))  # fmt: skip
    assert said["item"].shape == (1, 10)
    assert load(run).columns[0] == "Film, 0"
    facts, everybody = answer(desk, m.GetRows(run=str(run.path), n=30))
    assert (facts["n"], facts["person"], facts["items"][0]) == (40, "userId", 7)
    assert everybody["person"].tolist() == list(range(100, 130))
    assert everybody["x"].shape == (30, 12)
    lists = tmp_path / "lists.csv"
    desk.reply(operate(run, "recommend", lists, config={"k": 2}))
    desk.work()
    with open(lists, encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert list(rows[0]) == ["userId", "rank", "movieId", "title", "score"]
    # Everybody has a list, also who validates and who tests, by the numbers of the files.
    assert {int(row["userId"]) for row in rows} == set(range(100, 140))
    assert all(row["title"] == f"Film, {int(row['movieId']) - 7}" for row in rows)


def test_nobody_is_recommended_what_they_rated_before_the_items_that_a_model_reads(tmp_path):
    desk, project = import_small(tmp_path, 40, longest=4), tmp_path / "project"
    wanted = structs.replace(
        spec("gru4rec", evaluate_samples=20), dataset=Pick(slug="project:small")
    )
    assert headless.run(wanted, project=project).state == "finished"
    run = RunFolder(project / "runs" / "0001-a-test")
    assert load(run).family.spec.shape == (4,)
    lists = tmp_path / "lists.csv"
    desk.reply(operate(run, "recommend", lists, config={"k": 17}))
    desk.work()
    with open(lists, encoding="utf-8", newline="") as text:
        told = {(int(row["userId"]), int(row["movieId"])) for row in csv.DictReader(text)}
    with open(tmp_path / "ratings.csv", encoding="utf-8", newline="") as text:
        rated = {(int(row["userId"]), int(row["movieId"])) for row in csv.DictReader(text)}
    assert not told & rated
    assert len(told) == 40 * 17 - len(rated), "and all others are in the list"
    facts, everybody = answer(desk, m.GetRows(run=str(run.path), n=30))
    assert (facts["events"], facts["lengths"]) == (30 * 9, [9, 9])
    assert everybody["x"].shape == (30, 4)
    assert everybody["earlier.lengths"].tolist() == [5] * 30
    assert len(everybody["earlier"]) == 30 * 5
    # A set that was imported before has its newest items alone.
    parts = {"x": np.array([[1, 2], [3, 0]])}
    old = kind_of("interactions").from_parts(parts, Facts(more={"titles": ["A", "B", "C"]}))
    assert old.earlier is None
    assert old.lengths.tolist() == [2, 1]
    with pytest.raises(Refused, match="without a title"):
        kind_of("interactions").from_parts(
            {**parts, "earlier": np.array([4]), "earlier.lengths": np.array([1, 0])},
            Facts(more={"titles": ["A", "B", "C"]}),
        )


def test_exported_lists_are_read_back_alike_from_both_tables(tmp_path, runs):
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs the package pyarrow")
    desk, found = Desk(tmp_path), {}
    for suffix in (".csv", ".parquet"):
        file = tmp_path / f"lists{suffix}"
        desk.reply(
            operate(runs[0], "recommend", file, inputs={"histories": "data"}, config={"k": 3})
        )
        desk.work()
        found[suffix] = file
    table = parquet.read_table(found[".parquet"]).to_pylist()
    with open(found[".csv"], encoding="utf-8", newline="") as text:
        lines = list(csv.DictReader(text))
    assert len(table) == 3 * 200
    assert list(table[0]) == list(lines[0]) == ["user", "rank", "item", "title", "score"]
    assert [{name: str(value) for name, value in row.items()} for row in table] == lines
    assert {type(row["score"]) for row in table} == {float}
    assert {type(row["item"]) for row in table} == {int}


def test_exported_item_vectors_score_as_the_model_does(tmp_path, runs):
    desk, file, history = Desk(tmp_path), tmp_path / "items.npz", [3, 4, 9]
    padded = [history + [0] * 9]
    desk.reply(
        operate(runs[0], "item-map", file, inputs={"histories": padded}, config={"vectors": True})
    )
    desk.work()
    with np.load(file, allow_pickle=False) as arrays:
        vectors, place = arrays["vectors"], arrays["place"]
        assert len(arrays["path"]) == len(history)
    model = load(runs[0]).family
    assert vectors.shape == tuple(model.item_vectors().shape)
    assert place.shape == (FILMS["films"], 2)
    state = model.history_states(torch.tensor(padded)).numpy()[0]
    bias = model._net.bias.detach().numpy()
    scores = vectors @ state + bias
    log_p = model.recommend(torch.tensor(padded)).numpy()[0]
    assert np.allclose(scores - scores.max(), log_p - log_p.max(), atol=1e-4)


def test_a_training_answers_with_its_present_weights(tmp_path):
    desk = Desk(tmp_path)
    job, run = desk.start(spec("gru4rec", checkpoint_steps=1000, steps=12))
    desk.train(job, 5)
    history = [[3, 4, 9] + [0] * 9]
    asked = operate(run, "recommend", inputs={"histories": history}, inline=True, live=True)
    found, step = [], []
    for at in (5, 9):
        desk.train(job, at)
        said, arrays = answer(desk, asked)
        step.append(said["step"])
        found.append(arrays["score"][0])
        live = desk.engine.queue.get(job).session.family
        expected = live.recommend(torch.tensor(history)).max()
        assert float(arrays["score"].max()) == pytest.approx(float(expected), abs=1e-5)
    assert step == [5, 9]
    assert not np.allclose(*found)
    desk.work()
    assert answer(desk, asked)[0]["step"] == 12, "of the last checkpoint, once it has ended"
