"""MATLAB files of scenes: both versions, and what is said of files that are none."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from pushforward.studio.formats import registry as formats
from pushforward.studio.formats.cubes.importing import Scenes
from pushforward.studio.formats.cubes.mat import HEAD73
from pushforward.studio.formats.limits import FormatError

RNG = np.random.default_rng(0)
CUBE = RNG.integers(900, 9000, (4, 5, 7)).astype(np.uint16)
TRUTH = np.array([[0, 1, 1, 2, 0]] * 4, np.uint8)


def version5(folder: Path, **arrays: object) -> Path:
    path = folder / f"{'_'.join(arrays)}.mat"
    savemat(path, arrays)
    return path


def version73(folder: Path, **arrays: np.ndarray) -> Path:
    path = folder / f"{'_'.join(arrays)}73.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in arrays.items():
            file[name] = values.T
    with open(path, "r+b") as file:
        file.write(HEAD73.ljust(124) + b"\x00\x02IM")
    return path


def read(*paths: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    found = Scenes().rows(paths, {})
    blocks = list(found.blocks)
    arrays = {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}
    assert found.total == len(arrays["x"])
    assert found.schema.facts == {"height": 4, "width": 5}
    return found.schema.classes, arrays


@pytest.mark.parametrize("written", [version5, version73])
def test_a_cube_and_its_truth_come_together_from_two_files(tmp_path: Path, written) -> None:
    formats.discover()
    paths = [written(tmp_path, cube=CUBE), written(tmp_path, gt=TRUTH)]
    assert next(each.slug for each in formats.importers.find_claiming(paths)) == "scene"
    for order in (paths, paths[::-1]):
        classes, arrays = read(*order)
        assert classes == ["class 1", "class 2"]
        np.testing.assert_array_equal(arrays["x"].reshape(4, 5, 7), CUBE)
        np.testing.assert_array_equal(arrays["label"].reshape(4, 5), TRUTH.astype(int) - 1)
        np.testing.assert_array_equal(arrays["position"][7], [1, 2])
    found = Scenes().inspect(paths, {})
    assert (found.rows, found.kind, found.classes) == (20, "cubes", classes)
    assert found.parts[0].shape == [7]


@pytest.mark.parametrize("written", [version5, version73])
def test_an_inspection_has_a_picture_at_once(tmp_path: Path, written) -> None:
    found = Scenes().inspect([written(tmp_path, cube=CUBE, gt=TRUTH)], {})
    assert (found.rows, found.classes) == (20, ["class 1", "class 2"])
    assert found.preview["label"] == [-1, 0, 0]
    assert found.preview["position"] == [[0, 0], [0, 1], [0, 2]]
    assert found.preview["x"] == CUBE[0, :3].tolist()
    colours = np.array(found.picture["colours"])
    assert colours.shape == (4, 5, 3)
    # The bands at 22, 13 and 8 % of seven, brighter where their value is.
    band = CUBE[:, :, 1].ravel()
    assert (np.diff(colours[:, :, 0].ravel()[band.argsort()]) >= 0).all()
    assert found.picture["truth"] == TRUTH.tolist()


def test_a_cube_alone_is_all_unknown(tmp_path: Path) -> None:
    classes, arrays = read(version5(tmp_path, cube=CUBE))
    assert not classes
    assert set(arrays["label"]) == {-1}
    assert "No ground truth" in Scenes().inspect([version5(tmp_path, cube=CUBE)], {}).notes[1]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"gt": TRUTH}, "no cube"),
        ({"a": CUBE, "b": CUBE}, "several cubes"),
        ({"cube": CUBE, "gt": TRUTH.T}, "is \\(5, 4\\)"),
        ({"cube": CUBE, "gt": TRUTH + 0.5}, "whole numbers"),
        ({"cube": CUBE, "gt": TRUTH, "more": TRUTH}, "several ground truths"),
        ({"cube": np.where(CUBE[1, 2, 3] == CUBE, np.nan, CUBE)}, "not finite"),
        ({"cube": {"field": 1}}, "no arrays of numbers"),
        ({"cube": np.array([["a", "b"]], object)}, "no arrays of numbers"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arrays: dict, said: str) -> None:
    path = version5(tmp_path, **arrays)
    with pytest.raises(FormatError, match=said):
        read(path)


@pytest.mark.parametrize("written", [version5, version73])
@pytest.mark.parametrize("kept", [130, 300, 400])
def test_a_cut_file_gets_a_sentence(tmp_path: Path, written, kept: int) -> None:
    path = written(tmp_path, cube=CUBE, gt=TRUTH)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(FormatError, match=r"damaged|no cube"):
        read(path)


def test_a_declared_size_is_held_against_the_limits(tmp_path: Path) -> None:
    path = tmp_path / "huge.mat"
    with h5py.File(path, "w") as file:
        file.create_dataset("cube", (200, 10_000, 10_000), "f8", chunks=(10, 10, 10))
    with pytest.raises(FormatError, match="the limit is"):
        read(path)


def test_what_is_wrong_with_a_file_is_said_in_words(tmp_path: Path):
    good = version5(tmp_path, cube=CUBE)
    bad = tmp_path / "bad.mat"
    bad.write_bytes(good.read_bytes()[:140])
    with pytest.raises(FormatError) as caught:
        Scenes().inspect([bad], {})
    assert caught.value.message == "bad.mat is a damaged MATLAB file: part of it cannot be read."
    bad.write_bytes(b"not a scene" * 100)
    with pytest.raises(FormatError, match="is no MATLAB file"):
        Scenes().inspect([bad], {})
