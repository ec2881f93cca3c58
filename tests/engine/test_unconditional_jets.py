"""Two runs as one generator of jets: one draws what jets are asked for, the other one the jets."""

import csv
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.kinds.jet_variables import JetVariables
from pushforward.models.kinds.jets import TYPES
from pushforward.models.registry import discover
from pushforward.studio.engine.data.imported_data import find_imported
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.engine.run.operator_requests import Answer, ask
from pushforward.studio.formats import files
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.run import RunFolder
from tests.engine.test_operating import QUICK

JETS, VARIABLES, FEW, OTHER = "0001-jets", "0002-variables", "0003-few", "0004-other"
TINY = {"net": {"slug": "set-transformer", "config": {"width": 8, "layers": 1, "heads": 2}}}
SAMPLER = {"slug": "ddim", "config": {"steps": 2}}
SMALL = {"transforms": 1, "width": 8, "depth": 1, "bins": 4}


def spec(name: str, dataset: str, *, clouds: bool = False) -> RunSpec:
    training = {**QUICK, "steps": 6, "samples": 1000, "kept_capacity": 4}
    return RunSpec(
        name=name,
        family=Pick(slug="edm", config=TINY)
        if clouds
        else Pick(slug="counted-flow", config={"net": SMALL}),
        dataset=Pick(slug=dataset),
        training=training,
    )


def jetnet(path: Path, places: int) -> Path:
    """Write 60 jets of at most so many constituents."""
    rng = np.random.default_rng(places)
    clouds = np.zeros((60, places, 4), np.float32)
    clouds[:, :3] = rng.random((60, 3, 4)) * 0.1
    clouds[:, :3, 3] = 1.0
    jets = np.stack([rng.normal(1000, 50, 60), rng.normal(size=60), rng.normal(80, 5, 60),
                     np.full(60, 3)], axis=1)  # fmt: skip
    with h5py.File(path, "w") as file:
        file["particle_features"], file["jet_features"] = clouds, jets.astype(np.float32)
    return path


def import_as(project: Path, name: str, paths: list[Path], slug: str) -> None:
    rows = files.rows(paths, slug)
    with Project.open(project).new_dataset(name, rows.schema) as writer:
        for block in rows.blocks:
            writer.add(block)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A diffusion of jets, variables of the same jets, of jets of fewer constituents, and of a type
    that the diffusion has never seen.
    """
    discover()
    folder = tmp_path_factory.mktemp("jets")
    path = folder / "project"
    Project.create(path, "project")
    import_as(path, "few", [jetnet(folder / "top.hdf5", 5)], "jetnet-variables")
    import_as(path, "higgs", [jetnet(folder / "higgs.hdf5", 30)], "jetnet-variables")
    import_as(path, "asked", [jetnet(folder / "w.hdf5", 30)], "jetnet")
    import_as(path, "strange", [jetnet(folder / "higgs.hdf5", 30)], "jetnet")
    import_as(path, "fewer", [jetnet(folder / "w.hdf5", 30)], "jetnet-variables")
    specs = (
        spec("jets", "pythia-jets", clouds=True),
        spec("variables", "pythia-jet-variables"),
        spec("few", "project:few"),
        spec("other", "project:higgs"),
        spec("fewer", "project:fewer"),
    )
    for each in specs:
        status = headless.run(each, project=path)
        assert status.state == "finished", status.error
    return path


def do(project: Path, operator: str, config: dict, run: str = JETS, **more: object) -> Answer:
    folder = RunFolder(project / "runs" / run)
    asked = ask(
        m.Operate(
            run=str(folder.path),
            operator=operator,
            config={"sampler": SAMPLER, **config} if run == JETS else config,
            **more,
        )
    )
    doing = asked.work(load(folder))
    while True:
        try:
            progress = next(doing)
        except StopIteration as end:
            return end.value
        assert progress.done <= progress.total


def uncond(project: Path, variables: str = VARIABLES, **more: object) -> Answer:
    config = {"n": 300, "variables": variables}
    return do(project, "generate-unconditionally", config, **more)


def test_jets_are_drawn_with_variables_of_another_run(project, tmp_path):
    answer = uncond(project)
    rows = answer.outcome.rows
    assert rows is not None
    assert rows.x.shape == (300, 30, 3)
    drawn = do(project, "generate", {"n": 300}, run=VARIABLES).outcome.rows
    assert drawn is not None
    size = rows.given["size"]
    assert 1 <= int(size.min()) <= int(size.max()) <= 30
    np.testing.assert_array_equal(rows.mask.sum(dim=1), size)
    # What was drawn lies within what the model of jets has seen, and is no row of the data.
    learned = load(RunFolder(project / "runs" / JETS))
    seen = learned.family.spec.restored_given(learned.family.spec.law)
    assert seen["mass"].min() <= rows.given["mass"].min()
    assert rows.given["mass"].max() <= seen["mass"].max()
    own = learned.resolved.load_data(None).rows.rows(slice(None)).given["eta"]
    ends = {float(seen["eta"].min()), float(seen["eta"].max())}
    assert set(own.tolist()) & set(rows.given["eta"].tolist()) <= ends, "but what was moved there"
    said = answer.record
    assert said.config["variables"] == {"run": VARIABLES, "step": 6}
    assert set(said.taken) == {"label", "pt", "eta", "mass", "size"}
    assert said.taken_from == "as the run of variables drew them, not as in the data"
    assert "rows of the data" not in said.note
    again = uncond(project).outcome.rows
    np.testing.assert_array_equal(rows.x, again.x)
    answer.export(tmp_path / "made.h5")
    with h5py.File(tmp_path / "made.h5") as file:
        assert file["particle_features"].shape == (300, 30, 4)
        provenance = json.loads(file.attrs["provenance"])
        assert provenance["operator"] == "generate-unconditionally"
        assert provenance["taken_from"].startswith("as the run of variables drew them")


def test_a_type_may_be_chosen_and_nothing_else(project):
    rows = uncond(project, given={"label": "top"}).outcome.rows
    assert set(rows.given["label"].tolist()) == {TYPES.index("top")}
    mixed = uncond(project, given={"label": ["W"] * 100 + ["gluon"] * 200}).outcome.rows
    assert mixed.given["label"].tolist() == [3] * 100 + [0] * 200
    with pytest.raises(Refused, match="pt would be drawn, not chosen"):
        uncond(project, given={"pt": 1000.0})


def test_a_run_of_fewer_types_draws_those(project):
    """Of one type that has another number there than here."""
    rows = uncond(project, "0005-fewer").outcome.rows
    assert set(rows.given["label"].tolist()) == {TYPES.index("W")}
    with pytest.raises(Refused, match="never seen the type gluon"):
        uncond(project, "0005-fewer", given={"label": "gluon"})


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ("", "choose the run that generates the jet variables"),
        ("0009-none", "no run '0009-none'"),
        (JETS, "trained on jet variables; it was trained on jets"),
        (FEW, "of at most 5 constituents, and this model jets of at most 30"),
        (OTHER, "draws higgs, which this model has never seen"),
    ],
)
def test_a_run_that_will_not_do_is_refused(project, variables, words):
    with pytest.raises(Refused, match=words):
        uncond(project, variables)


def test_jets_like_given_ones_have_their_conditions(project):
    answer = do(project, "generate-like", {"n": 40})
    rows, chosen = answer.outcome.rows, answer.outcome.arrays["row"]
    data = load(RunFolder(project / "runs" / JETS)).resolved.load_data(None)
    like = data.unseen.rows(chosen)
    for name, values in like.given.items():
        np.testing.assert_allclose(rows.given[name], values, rtol=1e-4)
    assert len(set(chosen.tolist())) == 40
    assert answer.record.taken_from == "the given samples"
    assert "those of the test data" in answer.record.note
    own = do(project, "generate-like", {"n": 4096}, inputs={"rows": "project:asked"})
    assert len(own.outcome.rows) == 60
    assert "There are 60 rows" in own.record.note
    assert "The rows are those of asked" in own.record.note
    # The set has one type, W, which the model knows by another number.
    assert set(own.outcome.rows.given["label"].tolist()) == {TYPES.index("W")}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("project:few", "few holds jet-variables; the model was trained on jets"),
        ("project:gone", "gone"),
        ("project:strange", "strange has rows of 'higgs', but the model knows only gluon, light"),
        ([[[0.0, 0.0, 1.0]] * 30], "do not say eta, label"),
    ],
)
def test_rows_that_say_no_conditions_are_refused(project, rows, words):
    with pytest.raises(Refused, match=words):
        do(project, "generate-like", {"n": 4}, inputs={"rows": rows})


def test_a_row_that_was_typed_is_as_likely_as_the_type_that_is_chosen_for_it(project):
    row = {"rows": [[0.1, 4.4, 6.9, 30.0]]}
    with pytest.raises(Refused, match="which the model is conditioned on: choose it"):
        do(project, "likelihood", {}, run=VARIABLES, inputs=row)
    found = {
        name: float(do(project, "likelihood", {}, run=VARIABLES, inputs=row, given={"label": name})
                    .outcome.arrays["log-density"])
        for name in ("top", "gluon")
    }  # fmt: skip
    model = load(RunFolder(project / "runs" / VARIABLES)).family
    for name, value in found.items():
        label = torch.tensor([TYPES.index(name)])
        rows = Batch(torch.tensor(row["rows"]), given={"label": label})
        density = model.log_prob(model.spec.standardised(rows)) - model.spec.log_scale(rows)
        assert value == pytest.approx(float(density), rel=1e-4)
    assert found["top"] != found["gluon"]


def test_variables_are_imported_without_clouds_and_exported_in_gev(project, tmp_path):
    data = find_imported("few", project)
    assert isinstance(data.rows, JetVariables)
    assert data.rows.names == ("top",)
    assert data.rows.most == 5
    answer = do(project, "generate", {"n": 50}, run=FEW)
    x = answer.outcome.rows.x.double()
    answer.export(tmp_path / "made.csv")
    with open(tmp_path / "made.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == ["type", "pt", "eta", "mass", "constituents"]
    assert {line["type"] for line in lines} == {"top"}
    np.testing.assert_allclose([float(line["pt"]) for line in lines], x[:, 2].exp(), rtol=1e-4)
    np.testing.assert_allclose([float(line["mass"]) for line in lines], x[:, 1].exp(), rtol=1e-4)
    assert [int(line["constituents"]) for line in lines] == x[:, 3].round().long().tolist()
    answer.export(tmp_path / "made.h5")
    with h5py.File(tmp_path / "made.h5") as file:
        assert file["jet_features"].shape == (50, 4)
        assert file["label_names"][:].tolist() == [b"top"]
