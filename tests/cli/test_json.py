"""Commands that print JSON for scripts, and the format of an export."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pushforward.studio.__main__ import main
from pushforward.studio.store.run import RunFolder


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    def ask(*words: str) -> Any:
        capsys.readouterr()
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return ask


@pytest.mark.parametrize("what", ["models", "metrics", "recipes", "methods"])
def test_lists(answer: Any, what: str) -> None:
    found = answer("list", what)
    assert all(each["slug"] and each["summary"] for each in found)


def test_descriptions(answer: Any) -> None:
    [edm] = [each for each in answer("show", "edm") if each["type"] == "family"]
    assert {"path", "default", "help"} <= set(edm["settings"][0])
    assert answer("show", "edm-eight-gaussians")[0]["run"]["family"]["slug"] == "edm"


def test_operations(answer: Any, moons: RunFolder, tmp_path: Path) -> None:
    offered = {each["operator"]: each for each in answer("do", str(moons.path), "--list")}
    assert offered["inpaint"]["can"]
    assert offered["inpaint"]["takes"][0]["name"] == "rows"
    file = tmp_path / "film.npz"
    found = answer("do", str(moons.path), "generate", "--set", "n=7", "--out", str(file))
    assert (found["operator"], found["step"], found["file"]) == ("generate", 60, str(file))
    assert np.load(file)["x"].shape == (7, 2)


def test_an_export_by_format(
    moons: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    run = str(moons.path)
    assert main(["export", run, "--format", "npz", "--count", "5"]) == 0
    assert np.load(tmp_path / f"{moons.name}.npz")["x"].shape == (5, 2)
    assert main(["export", run, "--format", "safetensors"]) == 0
    assert (tmp_path / f"{moons.name}.safetensors").is_file()
    capsys.readouterr()
    for words, message in (([], "--format csv"), (["--format", "csv", "--out", "x.npz"], ".csv")):
        assert main(["export", run, *words]) == 2
        assert message in capsys.readouterr().err
