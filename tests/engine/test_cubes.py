"""A run on a hyperspectral scene: from its labels to a map in a file, without any record."""

import zlib
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from scipy.io import savemat

from pushforward.models.config import decode
from pushforward.models.operators import scene_maps
from pushforward.models.registry import registry
from pushforward.observables.scenes.label_text import encode_labels
from pushforward.studio.engine.data import file_reader
from pushforward.studio.engine.data.imported_data import find_imported
from pushforward.studio.engine.data.preview import preview
from pushforward.studio.engine.data.sets.cubes import IndianPinesConfig
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.jobs.import_job import ImportJob
from pushforward.studio.engine.jobs.operator_job import inline
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.catalogue import build
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.branching import branch
from pushforward.studio.engine.run.conditions import conditions_of
from pushforward.studio.engine.run.model_cache import WarmModels
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.operator_requests import ask
from pushforward.studio.engine.run.resolve import resolve
from pushforward.studio.engine.run.validation import Validator
from pushforward.studio.engine.sharing.answer_panels import answer_panel
from pushforward.studio.engine.sharing.share_flow import SharePlan, share_flow
from pushforward.studio.formats.cubes.envi import read_envi
from pushforward.studio.formats.inspection import Inspection
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.map_panel import MapPanel
from pushforward.studio.protocol.messages import ImportData, Operate, Record, Watch
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.engine.fakes import MemorySink, drive, new_job, new_run
from tests.engine.same import result_of
from tests.engine.test_commands import Desk

discover()
DATA = {"components": 4, "window": 3, "share": 0.02}
SMALL = {"net": {"slug": "spectral-spatial", "config": {"width": 4, "spectral": 2}}}


def spec(**training: object) -> RunSpec:
    return RunSpec(
        name="scene",
        family=Pick(slug="classifier", config=SMALL),
        dataset=Pick(slug="indian-pines", config=DATA),
        training={
            "steps": 4, "device": "cpu", "threads": 1, "evaluate_samples": 200, **training,
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory):
    folder = new_run(tmp_path_factory.mktemp("cubes"), spec())
    sink = MemorySink(watching=True)
    job = new_job(folder, sink)
    job.watch(Watch(job="job", on=True))
    work = drive(job, 4)
    for _ in work:
        pass
    return folder, sink


def test_a_classifier_is_measured_beside_simple_models_and_records_nothing(trained) -> None:
    folder, sink = trained
    columns, floors = folder.metrics.read()
    for slug in ("accuracy", "average-accuracy", "kappa"):
        assert columns[f"quality/{slug}"][0][-1] == 4
        assert 0.3 < floors[slug] < 0.9
    assert not sink.records
    assert not sink.of(Record)
    assert not list(folder.flow.steps())


def test_checkpoints_are_kept_all_along_the_training(trained) -> None:
    folder, _ = trained
    assert folder.checkpoints.history() == [0, 1, 2, 3, 4]
    assert load(folder, 1).step == 1


def test_the_map_is_shared_as_it_is_learned(trained, tmp_path) -> None:
    folder, _ = trained
    panel = result_of(answer_panel(folder, 3))
    assert isinstance(panel, MapPanel)
    assert panel.steps.tolist() == [0, 1, 2, 3]
    assert panel.classes.shape == (4, *panel.truth.shape)
    asked = Operate(run=str(folder.path), operator="classify-scene", step=3)
    last = result_of(inline(asked, WarmModels()))
    np.testing.assert_array_equal(panel.classes[-1], last.arrays["map"])
    page = tmp_path / "map.html"
    *_, done = share_flow(SharePlan([folder], page, theme="dark"))
    assert done.size == page.stat().st_size < 1_000_000
    assert '"type":"map"' in page.read_text(encoding="utf-8")


def test_the_map_is_of_every_pixel_and_stands_in_the_results_or_a_file(trained, tmp_path) -> None:
    folder, _ = trained
    warm = WarmModels()

    def answer(**more: object):
        command = Operate(run=str(folder.path), operator="classify-scene", **more)
        return result_of(inline(command, warm))

    found = answer()
    arrays = found.arrays
    assert arrays["map"].shape == arrays["confidence"].shape == (145, 145)
    assert 1 <= arrays["map"].min() <= arrays["map"].max() <= 16
    found.export(tmp_path / "map.npy")
    assert np.array_equal(np.load(tmp_path / "map.npy"), arrays["map"])
    found.export(tmp_path / "map.png")
    data = (tmp_path / "map.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    assert b"1 Alfalfa" in data
    assert b'"classes": ["Alfalfa"' in data
    width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
    start = data.index(b"IDAT") + 4
    pixels = np.frombuffer(zlib.decompress(data[start:-16]), np.uint8).reshape(height, -1)
    assert height == 4 * 145 < width
    colours = pixels[:, 1:].reshape(height, width, 3)
    same = arrays["map"] == arrays["map"][0, 0]
    assert (colours[:580:4, :580:4][same] == colours[0, 0]).all()


def test_only_classifiers_of_scenes_classify_scenes(trained, tmp_path) -> None:
    folder, _ = trained
    with pytest.raises(Refused, match=r"\.csv"):
        ask(Operate(run=str(folder.path), operator="classify-scene", file="map.csv"))
    with pytest.raises(Refused, match="makes samples"):
        ask(Operate(run=str(folder.path), operator="generate"))


def test_a_classifier_is_never_conditioned_on_the_labels_that_it_predicts(trained) -> None:
    folder, _ = trained
    assert "label" not in conditions_of(folder)
    command = Operate(run=str(folder.path), operator="classify-scene", given={"label": 1})
    with pytest.raises(Refused, match="The model has no condition 'label'"):
        list(inline(command, WarmModels()))


def test_a_preview_has_the_scene_beside_its_windows() -> None:
    facts, arrays = preview(Pick(slug="indian-pines", config=DATA), None, 20)
    assert facts["names"][0] == "Alfalfa"
    assert facts["mean"] == facts["std"] == []
    assert arrays["x"].shape == (20, 3, 3, 3)
    assert arrays["colours"].shape == (145, 145, 3)
    assert arrays["cube"].shape == (145, 145, 200)
    assert int((arrays["truth"] > 0).sum()) == 10_249
    split = {name: len(arrays[name]) for name in ("validation", "test")}
    assert facts["shares"]["measured"] == split["validation"] == 0
    assert facts["shares"]["tested"] == split["test"] > 9000
    row, column = arrays["position"][0].astype(int)
    assert arrays["truth"][row, column] == arrays["label"][0] + 1


def test_of_a_large_scene_fewer_bands_are_previewed(monkeypatch) -> None:
    monkeypatch.setattr("pushforward.studio.engine.kinds.cubes.MOST_SENT", 145 * 145 * 60 * 4)
    _, arrays = preview(Pick(slug="indian-pines", config=DATA), None, 5)
    assert arrays["cube"].shape == (145, 145, 50)
    assert arrays["wavelengths"].shape == (50,)


def test_splits_of_indian_pines_are_few_labels_and_all_others() -> None:
    entry = registry.get("dataset", "indian-pines")
    made = entry.make(decode(IndianPinesConfig, {"components": 4}))
    assert len(made.train) == 523
    assert len(made.test) == 10_249 - 523
    apart = entry.make(decode(IndianPinesConfig, {"components": 4, "split": "apart"}))
    assert len(apart.train) == 523
    assert len(apart.test) < len(made.test)
    with pytest.raises(Refused, match="window"):
        preview(Pick(slug="indian-pines", config={"window": 4}), None, 5)


def imported_scene(tmp_path: Path, options: dict | None = None, **arrays: np.ndarray) -> Path:
    """Import a scene of 12 x 10 pixels, with two classes in stripes if it has a ground truth."""
    rng = np.random.default_rng(0)
    savemat(tmp_path / "scene.mat", {"cube": rng.integers(1, 99, (12, 10, 6)), **arrays})
    command = ImportData(
        files=[str(tmp_path / "scene.mat")], project=str(tmp_path), name="mine",
        options=options or {},
    )  # fmt: skip
    for _ in ImportJob("job", command, MemorySink()).work():
        pass
    return tmp_path


def test_an_imported_scene_is_previewed_learned_from_and_mapped(tmp_path: Path) -> None:
    truth = np.tile([0, 1, 1, 2, 2], (12, 2)).astype(np.uint8)
    project = imported_scene(tmp_path, truth=truth)
    pick = Pick(slug="project:mine")
    facts, arrays = preview(pick, project, 20)
    assert facts["names"] == ["class 1", "class 2"]
    assert "unit" not in facts
    np.testing.assert_array_equal(arrays["truth"], truth)
    run = msgspec.structs.replace(spec(batch=8), dataset=pick)
    assert Validator().validate(run, project).problems == []
    folder = headless.create(run, project)
    assert headless.run(folder.path).state == "finished"
    learned = find_imported("mine", project).rows
    assert learned.spec().shape == (6, 9, 9)
    assert 0 < len(learned) < 96  # some of the labelled pixels are held out
    desk = Desk(tmp_path)
    desk.reply(Operate(run=str(folder.path), operator="classify-scene", inline=True))
    assert desk.arrays()["map"].shape == (12, 10)


def test_an_imported_scene_is_split_by_the_settings_of_its_import_or_run(tmp_path: Path) -> None:
    truth = np.tile([0, 1, 1, 2, 2], (12, 2)).astype(np.uint8)
    project = imported_scene(tmp_path, {"split": "random", "labels": 20, "validation": 6}, t=truth)
    stored = find_imported("mine", project)
    assert (len(stored.rows), len(stored.held), len(stored.unseen)) == (20, 6, 70)
    arrays = preview(Pick(slug="project:mine"), project, 50)[1]
    assert (len(arrays["validation"]), len(arrays["test"])) == (6, 70)
    labels = np.zeros((12, 10), np.int16)
    labels[0, :5], labels[5, 2] = [2, 1, 0, 2, 1], 1
    pick = Pick(slug="project:mine", config={"split": "hand", "hand": encode_labels(labels)})
    _, arrays = preview(pick, project, 50)
    painted = truth.copy()
    painted[labels > 0] = labels[labels > 0]
    np.testing.assert_array_equal(arrays["truth"], painted)
    assert sorted(map(tuple, arrays["position"].astype(int))) == [
        tuple(place) for place in np.argwhere(labels > 0)
    ]
    run = msgspec.structs.replace(spec(batch=4, steps=2), dataset=pick)
    folder = headless.create(run, project)
    assert folder.record.spec.dataset.config["hand"] == encode_labels(labels)
    assert headless.run(folder.path).state == "finished"
    assert folder.record.dataset_hash != stored.hash
    other = Pick(slug="project:mine", config={"split": "hand", "hand": "1 x"})
    [problem] = Validator().validate(msgspec.structs.replace(run, dataset=other), project).problems
    assert problem.path == "dataset.hand"


def test_probabilities_of_an_imported_scene_are_written_where_it_lies(tmp_path: Path) -> None:
    arrays = {
        "map": np.array([[1, 2], [2, 1]], np.int16),
        "probabilities": np.full((2, 2, 2), 0.5, np.float32),
    }
    attrs = {"classes": ["a", "b"], "where": {"map_info": "{UTM, 1, 1, 5, 6, 20, 20}"}}
    kind_of("cubes").write_result(tmp_path / "p.img", None, (), arrays, attrs)
    found = read_envi(tmp_path / "p.hdr")
    assert found.shape == (2, 2, 2)
    assert found.about.where["map_info"] == "{UTM, 1, 1, 5, 6, 20, 20}"


def test_a_scene_without_a_ground_truth_is_seen_and_not_learned_from(tmp_path: Path) -> None:
    project = imported_scene(tmp_path)
    pick = Pick(slug="project:mine")
    assert preview(pick, project, 20)[0]["n"] > 90
    run = msgspec.structs.replace(spec(), dataset=pick)
    [problem] = Validator().validate(run, project).problems
    assert "have no labels" in problem.message


def test_a_scene_with_class_names_alone_is_previewed_to_be_labelled(tmp_path: Path) -> None:
    project = imported_scene(tmp_path, {"names": "soil, crop"})
    facts, arrays = preview(Pick(slug="project:mine"), project, 20)
    assert facts["names"] == ["soil", "crop"]
    assert facts["counts"] == []
    assert facts["shares"] == {}
    assert "label" not in arrays
    assert not arrays["truth"].any()


def test_a_map_is_not_written_from_what_is_none(tmp_path) -> None:
    with pytest.raises(FormatError, match="A map cannot be written"):
        kind_of("cubes").write_result(tmp_path / "a.png", None, (), {"x": np.zeros(3)}, {})


def test_the_unit_of_a_scene_is_told(tmp_path: Path) -> None:
    truth = np.tile([0, 1, 1, 2, 2], (12, 2)).astype(np.uint8)
    project = imported_scene(tmp_path, {"scale": 100.0}, truth=truth)
    assert preview(Pick(slug="project:mine"), project, 20)[0]["unit"] == "reflectance"


def test_a_run_chooses_window_bands_and_split_of_an_imported_scene(tmp_path: Path) -> None:
    truth = np.tile([0, 1, 1, 2, 2], (12, 2)).astype(np.uint8)
    project = imported_scene(tmp_path, truth=truth)
    plain = find_imported("mine", project)
    shares = find_imported("mine", project, {"window": 3, "components": 2})
    assert shares.rows.spec().shape == (2, 3, 3)
    assert set(shares.rows.pixels.tolist()) == set(plain.rows.pixels.tolist()), "split as imported"
    assert shares.rows.split is not None
    assert not set(shares.rows.split.test.tolist()) & set(shares.rows.pixels.tolist())
    some = find_imported("mine", project, {"bands": "1-2, 5", "components": 0})
    assert len(some.rows.scene.cube) == some.rows.spec().shape[0] == 3
    np.testing.assert_array_equal(some.rows.scene.cube, plain.rows.scene.cube[[0, 1, 4]])
    drawn = find_imported("mine", project, {"split": "random", "labels": 20, "validation": 10})
    assert (len(drawn.rows), len(drawn.rows.split.validation)) == (20, 10)
    with pytest.raises(Refused, match=r"dataset.bands: .*within 1 to 6"):
        find_imported("mine", project, {"bands": "9"})
    with pytest.raises(Refused, match="no second map"):
        find_imported("mine", project, {"split": "map"})


def test_a_run_on_a_scene_with_a_stored_split_keeps_it_unless_it_chooses_another(
    tmp_path: Path,
) -> None:
    truth = np.tile([0, 1, 1, 2, 2], (12, 2)).astype(np.uint8)
    project = imported_scene(tmp_path, {"split": "random", "labels": 24}, truth=truth)
    assert len(find_imported("mine", project).rows) == 24
    assert len(find_imported("mine", project, {"window": 5, "labels": 7}).rows) == 24
    assert len(find_imported("mine", project, {"split": "random", "labels": 30}).rows) == 30
    entries = build([]).entries
    entry = next(e for e in entries if (e.kind, e.slug) == ("imported", "cubes"))
    assert {"split", "bands", "water", "window", "components"} <= {f.path for f in entry.fields}
    assert next(f for f in entry.fields if f.path == "split").default == "imported"


def test_a_file_that_was_altered_ends_in_an_answer_or_a_sentence(tmp_path: Path) -> None:
    """The library that reads them crashes on some: not here, and not the engine."""
    path = tmp_path / "cube.mat"
    savemat(path, {"cube": np.ones((4, 5, 6), np.uint16)})
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(4):
        data = bytearray(whole)
        for place in rng.integers(128, 200, 6):
            data[int(place)] = int(rng.integers(256))
        path.write_bytes(bytes(data))
        with suppress(FormatError):
            assert isinstance(file_reader.inspect([path]), Inspection)


def test_a_run_continues_from_its_weights_on_more_labels(trained) -> None:
    parent, _ = trained
    labels = np.zeros((145, 145), np.int16)
    labels[10:20, 10:20] = 3
    config = {**parent.record.spec.dataset.config, "split": "hand", "hand": encode_labels(labels)}
    pick = Pick(slug="indian-pines", config=config)
    child, start = branch(parent, 4, "more labels", dataset=pick, steps=6)
    assert start == 4
    assert child.record.dataset_hash != parent.record.dataset_hash
    old, new = (run.checkpoints.newest()[0].tensors for run in (parent, child))
    assert all(np.array_equal(old[name], new[name]) for name in old)
    assert headless.run(child.path).state == "finished"
    last = child.checkpoints.newest()[0]
    assert last.step == 6
    assert any(not np.array_equal(old[name], last.tensors[name]) for name in old)


@pytest.mark.parametrize(
    ("dataset", "why"),
    [
        (Pick(slug="digits"), "its weights are for indian-pines"),
        (Pick(slug="indian-pines", config={**DATA, "components": 5}), "was trained on"),
    ],
)
def test_other_data_that_do_not_fit_the_weights_are_refused(trained, dataset, why) -> None:
    with pytest.raises(Refused, match=why):
        branch(trained[0], 4, "other", dataset=dataset, steps=6)


def test_what_follows_a_training_is_kept_where_it_fits() -> None:
    wanted = Pick(slug="refine-scene", config={"iterations": 3})
    resolved, problems = resolve(msgspec.structs.replace(spec(), follow_up=wanted))
    assert not problems
    assert resolved.spec.follow_up.config["iterations"] == 3
    points = RunSpec(
        name="p", family=Pick(slug="edm"), dataset=Pick(slug="two-moons"), follow_up=wanted
    )
    resolved, problems = resolve(points)
    assert not problems
    assert resolved.spec.follow_up is None
    unknown = msgspec.structs.replace(spec(), follow_up=Pick(slug="polish"))
    assert [each.path for each in resolve(unknown)[1]] == ["follow_up"]


def test_labels_by_hand_alone_are_enough_for_a_scene_without_a_ground_truth(tmp_path: Path) -> None:
    project = imported_scene(tmp_path, {"names": "soil, crop"})
    labels = np.zeros((12, 10), np.int16)
    labels[:4, :5], labels[8:, 5:] = 1, 2
    config = {"split": "hand", "hand": encode_labels(labels), "window": 3}
    found = find_imported("mine", project, config)
    split = found.rows.split
    assert (len(split.train), len(split.test)) == (32, 8)
    assert not set(split.train.tolist()) & set(split.test.tolist())
    truth = found.rows.scene.truth.flatten()
    assert torch.bincount(truth[split.test]).tolist() == [4, 4]
    again = find_imported("mine", project, {**config, "components": 2}).rows.split
    assert torch.equal(again.test, split.test)


def test_a_scene_is_classified_once_for_several_operators(trained, monkeypatch) -> None:
    folder, _ = trained
    warm = WarmModels()
    learner = warm.get(folder, None, None).family
    calls = []
    usual = type(learner).classify

    def classify(self, rows):
        calls.append(len(rows))
        return usual(self, rows)

    monkeypatch.setattr(type(learner), "classify", classify)
    monkeypatch.setattr(type(learner), "classify_scene", lambda self, scene: None)
    scene_maps._last.clear()
    found = []
    for operator, config in (("classify-scene", {}), ("label-next", {"n": 3}),
                             ("classify-scene", {"probabilities": True})):  # fmt: skip
        work = inline(Operate(run=str(folder.path), operator=operator, config=config), warm)
        while True:
            try:
                next(work)
            except StopIteration as end:
                found.append(end.value.arrays)
                break
    assert sum(calls) == 145 * 145
    np.testing.assert_array_equal(found[0]["map"], found[2]["map"])
    state = learner.state()
    name = next(name for name, x in state.tensors.items() if x.is_floating_point() and x.any())
    state.tensors[name] = 0.5 * state.tensors[name]
    learner.load_state(state)
    for _ in inline(Operate(run=str(folder.path), operator="classify-scene", config={}), warm):
        pass
    assert sum(calls) == 2 * 145 * 145, "other weights are another map"
