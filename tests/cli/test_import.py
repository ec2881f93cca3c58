"""`pushforward import`: what is in files, and how it comes into a project."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.engine.jobs.import_job import ImportJob
from pushforward.studio.formats.pictures import write_png
from pushforward.studio.store.project import Project


@pytest.fixture
def jets(tmp_path: Path) -> list[Path]:
    """Two files of 12 jets, one of which is damaged."""
    files = []
    for name in ("jets_t.h5", "jets_w.h5"):
        clouds = np.zeros((12, 3, 4), np.float32)
        clouds[:, :2] = [[0.1, 0.0, 0.5, 1.0], [-0.1, 0.0, 0.4, 1.0]]
        jets = np.tile(np.float32([1000.0, 0.5, 80.0, 2.0]), (12, 1))
        if name == "jets_w.h5":
            clouds[4, 0, 0] = np.nan
        with h5py.File(tmp_path / name, "w") as file:
            file["particle_features"], file["jet_features"] = clouds, jets
        files.append(tmp_path / name)
    return files


def said(capsys: Any, *words: Any) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main([str(word) for word in words])
    return status, *capsys.readouterr()


def test_a_seed_says_which_rows_are_held_out(jets: list[Path], tmp_path: Path, capsys: Any) -> None:
    for seed in ("0", "3"):
        words = ("import", *jets, "--out", tmp_path / "p", "--name", f"s{seed}", "--seed", seed)
        said(capsys, *words)
    project = Project.open(tmp_path / "p")
    found = {data.name: data for data in project.datasets()}
    assert {name: data.record.split.seed for name, data in found.items()} == {"s0": 0, "s3": 3}
    assert found["s3"].record.split.within == "label"
    assert found["s0"].shares().tolist() != found["s3"].shares().tolist()
    said(capsys, "import", *jets, "--out", tmp_path / "p", "--name", "half", "--test", "0.5")
    split = Project.open(tmp_path / "p").dataset("half").record.split
    assert (split.validation, split.test) == (0.1, 0.5)
    status, _, err = said(
        capsys, "import", *jets, "--out", tmp_path / "p", "--validation", "0.5", "--test", "0.5"
    )
    assert status == 2
    assert "leave no rows to learn from" in err
    with pytest.raises(SystemExit):
        main(["import", str(jets[0]), "--test", "1"])
    assert "a share of all rows from 0 to below 1" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["import", str(jets[0]), "--seed", "-1"])
    assert "a whole number from 0 on" in capsys.readouterr().err


def test_what_can_be_made_is_listed_with_what_is_missing_for_it(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PUSHFORWARD_JETS_PYTHON", raising=False)
    monkeypatch.setattr("pushforward.studio.engine.makers.jets.NEEDED", ("no_such_pythia",))
    status, out, _ = said(capsys, "make")
    assert status == 0
    assert "jets: Generates jets with PYTHIA and FastJet" in out
    assert "no_such_pythia is not installed" in out
    assert "--set n=5000" in out
    status, _, err = said(capsys, "make", "jets", "--out", tmp_path / "p")
    assert status == 2
    assert 'pip install "pushforward[jets]"' in err
    assert "did you mean" in said(capsys, "make", "jets", "--set", "radios=1")[2]
    assert "nothing makes 'jam'; there is jets" in said(capsys, "make", "jam")[2]
    assert not (tmp_path / "p").exists()


def test_files_become_one_data_set_and_what_is_odd_is_said(
    jets: list[Path], tmp_path: Path, capsys: Any
) -> None:
    status, out, _ = said(capsys, "import", *jets, "--out", tmp_path / "p")
    assert status == 0
    assert out.startswith("JetNet: 23 jets of 2 classes: top, W\n")
    assert "jets_w.h5: 1 jet of 12 left out: 1 with a number that is not finite" in out
    assert "23 jets of jets_t.h5 and 1 more are in the project as 'jets'." in out
    assert "MODEL@project:jets --out" in out
    [data] = Project.open(tmp_path / "p").datasets()
    assert (data.name, data.record.rows, data.record.classes) == ("jets", 23, ["top", "W"])
    status, out, _ = said(capsys, "show", data.path)
    assert status == 0
    assert out.startswith("jets  (data set of 23 jets)\n  2 classes: top 12, W 11\n")
    assert "A row has: x (3 × 3), size (one number)" in out
    left_out = "jets_w.h5: 1 jet of 12 left out: 1 with a number that is not finite"
    assert any(note.startswith(left_out) for note in data.record.notes)
    assert left_out in " ".join(out.split())
    status, _, err = said(capsys, "show", "project:jets")
    assert status == 2
    assert "PROJECT/data/jets" in err
    assert said(capsys, "import", jets[0], "--out", tmp_path / "p", "--name", "tops")[0] == 0
    assert said(capsys, "import", *jets, "--out", tmp_path / "p")[0] == 0
    names = [data.name for data in Project.open(tmp_path / "p").datasets()]
    assert sorted(names) == ["jets", "jets-2", "tops"]


def test_an_import_says_of_how_many_rows_it_is_though_only_reading_tells(
    jets: list[Path], tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    totals = []
    tell = ImportJob._add

    def add(self: ImportJob, at_work: Any) -> Any:
        folder = tell(self, at_work)
        totals.append(self.total)
        return folder

    monkeypatch.setattr(ImportJob, "_add", add)
    assert said(capsys, "import", *jets, "--out", tmp_path / "p")[0] == 0
    assert totals == [23]


def test_a_read_me_stands_for_the_folder_that_it_is_in(tmp_path: Path, capsys: Any) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    (folder / "README.txt").write_text("Who rated which film.\n")
    lines = "".join(f"{u},{i},4.0,{i}\n" for u in range(1, 13) for i in range(1, 7))
    (folder / "ratings.csv").write_text(f"userId,movieId,rating,timestamp\n{lines}")
    status, out, _ = said(capsys, "import", folder / "README.txt", "--out", tmp_path / "p")
    assert status == 0
    assert "Read from the folder films: ratings.csv." in out
    [data] = Project.open(tmp_path / "p").datasets()
    assert (data.name, data.record.kind, data.record.rows) == ("films", "interactions", 12)


def test_a_look_imports_nothing(jets: list[Path], tmp_path: Path, capsys: Any) -> None:
    status, out, _ = said(capsys, "import", jets[0], "--look", "--out", tmp_path / "p")
    assert status == 0
    assert out.startswith("JetNet: 12 jets of 1 class: top\n")
    assert "--as jetnet: " in out
    assert "--set pt=... Jet pT." in out
    assert not (tmp_path / "p").exists()


def test_tables_come_in_with_their_columns(tmp_path: Path, capsys: Any) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b,c\n" + "".join(f"{k},{k * k},{-k}\n" for k in range(20)))
    words = ("--set", "columns=a, c", "--name", "mine", "--out", tmp_path / "p")
    assert said(capsys, "import", table, *words)[0] == 0
    [data] = Project.open(tmp_path / "p").datasets()
    assert (data.name, data.columns) == ("mine", ("a", "c"))


@pytest.mark.parametrize(
    ("words", "words_said"),
    [
        (["--set", "speed=3"], "no option of the importer jetnet; its options: pt"),
        (["--set", "pt"], "write it as NAME=VALUE"),
        (["--set", "pt=-3"], "Jet pT is out of bounds"),
        (["--as", "jotnet"], "There is no importer 'jotnet'"),
    ],
)
def test_mistakes_are_said(
    jets: list[Path], tmp_path: Path, capsys: Any, words: list[str], words_said: str
) -> None:
    status, _, err = said(capsys, "import", *jets, "--out", tmp_path / "p", *words)
    assert status == 2
    assert words_said in err
    assert not (tmp_path / "p").exists()


def test_what_cannot_be_imported_says_why(jets: list[Path], tmp_path: Path, capsys: Any) -> None:
    with h5py.File(jets[0], "r+") as file:
        file["jet_features"][:, 2] = -9.0
    status, _, err = said(capsys, "import", *jets, "--out", tmp_path / "p")
    assert status == 1
    assert "No jet of jets_t.h5 can be used: 12 with a mass below 0 (the first is jet 0)." in err
    assert said(capsys, "import", tmp_path / "none.h5")[0] == 1


def test_a_single_graph_is_refused_when_it_is_imported(tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "karate.edgelist"
    file.write_text("0 1\n1 2\n2 0\n2 3\n")
    few = "There is 1 graph; a model needs at least 10."
    status, out, _ = said(capsys, "import", file, "--look", "--out", tmp_path / "p")
    assert status == 0
    assert few in " ".join(out.split())
    status, _, err = said(capsys, "import", file, "--out", tmp_path / "p")
    assert status == 1
    assert few in " ".join(err.split())
    assert "Choose a file with more graphs, or several files at once." in " ".join(err.split())
    assert Project.open(tmp_path / "p").datasets() == []


def test_what_an_option_could_mend_is_refused_with_the_options(tmp_path: Path, capsys: Any) -> None:
    for number, side in enumerate((8, 9)):
        write_png(tmp_path / f"{number}.png", np.zeros((side, side, 3), np.uint8))
    status, _, error = said(capsys, "import", tmp_path, "--out", tmp_path / "p")
    assert status == 1
    assert "2 sizes, from 8 x 8 to 9 x 9 pixels" in error
    assert "Options (--set NAME=VALUE): side, " in error
    status, out, _ = said(capsys, "import", tmp_path, "--look")
    assert status == 1
    assert "--set side=..." in out
