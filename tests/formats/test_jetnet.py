"""JetNet files: what is taken from them, and what is said of those that are none."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest

from pushforward.observables.jets.kinematics import masses
from pushforward.studio.formats import registry as formats
from pushforward.studio.formats.jets import published
from pushforward.studio.formats.jets.consistency_checks import Agreement
from pushforward.studio.formats.jets.jetnet import JetNet
from pushforward.studio.formats.limits import FormatError


def written(path: Path, n: int = 5, places: int = 4, seed: int = 3, **changed: np.ndarray) -> Path:
    rng = np.random.default_rng(seed)
    clouds = np.zeros((n, places, 4), np.float32)
    for row in range(n):
        k = 1 + row % places
        clouds[row, :k, :2] = rng.normal(0, 0.1, (k, 2))
        clouds[row, :k, 2] = np.sort(rng.random(k) / k)[::-1]
        clouds[row, :k, 3] = 1.0
    jets = np.tile(np.float32([1000.0, 0.5, 80.0, 2.0]), (n, 1))
    jets[:, 3] = clouds[..., 3].sum(axis=1)
    with h5py.File(path, "w") as file:
        file["particle_features"] = changed.get("clouds", clouds)
        file["jet_features"] = changed.get("jets", jets)
    return path


@contextmanager
def opened(path: Path) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the two arrays of a file, to be changed in place."""
    with h5py.File(path, "r+") as file:
        clouds, jets = file["particle_features"][:], file["jet_features"][:]
        yield clouds, jets
        file["particle_features"][:], file["jet_features"][:] = clouds, jets


def notes(*paths: Path) -> str:
    found = JetNet().inspect(paths, {})
    assert not found.problems
    assert found.rows == len(read(*paths)[1]["x"])
    return "\n".join(found.notes)


def read(*paths: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    rows = JetNet().rows(paths, {})
    blocks = list(rows.blocks)
    arrays = {name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]}
    assert rows.total in (None, len(arrays["x"]))
    return rows.schema.classes, arrays


def test_files_are_recognised_before_any_table(tmp_path: Path) -> None:
    formats.discover()
    path = written(tmp_path / "t.hdf5")
    assert JetNet().claims(path)
    with h5py.File(tmp_path / "table.h5", "w") as file:
        file["x"] = np.zeros((3, 2))
    assert not JetNet().claims(tmp_path / "table.h5")


def test_momenta_are_logarithms_of_gev_and_padding_is_zero(tmp_path: Path) -> None:
    path = written(tmp_path / "w.hdf5")
    with h5py.File(path) as file:
        clouds = file["particle_features"][:]
    classes, arrays = read(path)
    assert classes == ["W"]
    np.testing.assert_allclose(arrays["x"][0, 0, 2], np.log1p(1000.0 * clouds[0, 0, 2]), rtol=1e-6)
    np.testing.assert_array_equal(arrays["size"], [1, 2, 3, 4, 1])
    assert not arrays["x"][0, 1:].any()
    assert arrays["label"].dtype == np.int64


def test_the_hardest_come_first_wherever_they_and_the_padding_stand(tmp_path: Path) -> None:
    path = written(tmp_path / "g.hdf5")
    with opened(path) as (clouds, _):
        clouds[:] = clouds[:, ::-1]
    _, turned = read(path)
    _, usual = read(written(tmp_path / "usual.hdf5"))
    np.testing.assert_array_equal(turned["x"], usual["x"])
    assert (np.diff(usual["x"][..., 2], axis=1) <= 0).all()


def test_types_of_several_files_come_in_the_order_of_jetnet(tmp_path: Path) -> None:
    names = ("z.hdf5", "g150.hdf5", "mine.h5")
    paths = [written(tmp_path / name, seed=seed) for seed, name in enumerate(names)]
    classes, arrays = read(*paths)
    assert classes == ["gluon", "Z", "mine"]
    np.testing.assert_array_equal(arrays["label"], np.repeat([1, 0, 2], 5))


def test_of_the_same_jets_twice_it_is_said(tmp_path: Path) -> None:
    """They would be learned from and held out; other jets of the type are welcome."""
    one, other = (written(tmp_path / name) for name in ("t.hdf5", "top (1).hdf5"))
    said = (
        "top (1).hdf5 holds the same jets as t.hdf5: they would be in both training and test data"
    )
    assert said in notes(one, other)
    written(other, seed=4)
    assert "the same jets" not in notes(one, other)


def test_angles_that_are_none_from_the_axis_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "t.hdf5")
    with opened(path) as (clouds, _):
        clouds[..., :2] = np.degrees(clouds[..., :2])
    (problem,) = JetNet().inspect([path], {}).problems
    assert re.search("of 11 constituents farther than 2.5 from the axis .* in radians", problem)


def wide(path: Path) -> Path:
    """Write jets of which some constituents are where only those of a wide cone are."""
    written(path, n=100)
    with opened(path) as (clouds, _):
        clouds[::7, 0, 0] = 0.75
    return path


def test_jets_of_a_wider_cone_are_refused_not_squashed(tmp_path: Path) -> None:
    assert not JetNet().inspect([written(tmp_path / "w.hdf5", n=100)], {}).problems
    (problem,) = JetNet().inspect([wide(tmp_path / "t.hdf5")], {}).problems
    assert "15 of 250 constituents farther than 0.5" in problem
    assert "a wider cone than R = 0.4: set R to" in problem


def test_jets_of_a_wider_cone_come_as_they_are_with_their_radius(tmp_path: Path) -> None:
    path = wide(tmp_path / "t.hdf5")
    found = JetNet().inspect([path], {"radius": 0.8})
    assert not found.problems
    assert found.facts["radius"] == 0.8
    rows = JetNet().rows([path], {"radius": 0.8})
    assert rows.schema.facts["radius"] == 0.8
    first = next(iter(rows.blocks))["x"][0, :, 0]
    assert first.max() == 0.75


def test_a_file_that_says_its_radius_need_not_be_asked(tmp_path: Path) -> None:
    path, other = wide(tmp_path / "t.hdf5"), written(tmp_path / "g.hdf5")
    with h5py.File(path, "r+") as file:
        file.attrs["radius"] = 0.8
    found = JetNet().inspect([path], {})
    assert not found.problems
    assert found.settled == ["pt", "radius"]
    assert JetNet().inspect([other], {}).settled == ["pt"]
    (problem,) = JetNet().inspect([path, other], {}).problems
    assert problem == "g.hdf5 has jets of R = 0.4, t.hdf5 of 0.8: import them one by one."
    with h5py.File(path, "r+") as file:
        file.attrs["radius"] = "wide"
    assert "a wider cone" in JetNet().inspect([path], {}).problems[0], "that says nothing"


def test_a_type_that_an_attribute_says_against_the_name_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "b_quark.hdf5")
    assert "jet_class" not in notes(path)
    with h5py.File(path, "r+") as file:
        file.attrs["jet_class"] = "w"
    assert JetNet().inspect([path], {}).classes == ["W"]
    assert "its attribute jet_class says that its jets are of the type W" in notes(path)


def test_an_inspection_tells_rows_parts_and_types(tmp_path: Path) -> None:
    found = JetNet().inspect([written(tmp_path / "q.hdf5", n=7)], {})
    assert (found.rows, found.kind, found.classes) == (7, "jets", ["light quark"])
    assert [part.name for part in found.parts] == ["x", "size", "label", "pt", "eta", "mass"]
    assert len(found.preview["x"]) == 7


def test_a_mass_that_rounding_took_below_0_counts_as_0(tmp_path: Path) -> None:
    """A jet of one massless constituent has a mass of 0, or just below."""
    path = written(tmp_path / "w.hdf5")
    with opened(path) as (_, jets):
        jets[1, 2], jets[3, 2] = -1.5e-5, 0.0
    _, arrays = read(path)
    np.testing.assert_allclose(arrays["mass"], [80, 1e-3, 80, 1e-3, 80])
    assert "w.hdf5: 1 jet with a mass just below 0" in notes(path)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("nan", "1 with a number that is not finite (this is jet 3)"),
        ("infinite pT", "1 with a number that is not finite (this is jet 3)"),
        ("no particle", "1 without a constituent (this is jet 3)"),
        ("no momentum", "1 without a pT above 0 (this is jet 3)"),
        ("imaginary", "1 with a mass below 0 (this is jet 3)"),
        ("GeV", "1 whose constituents have more than 10 times its pT"),
        ("TeV", "1 whose constituents have less than a hundredth of its pT"),
    ],
)
def test_damaged_jets_are_left_out_and_counted(tmp_path: Path, damage: str, said: str) -> None:
    path = written(tmp_path / "t.hdf5")
    whole = read(path)[1]
    with opened(path) as (clouds, jets):
        match damage:
            case "nan":
                clouds[3, 1, 2] = np.nan
            case "infinite pT":
                jets[3, 0] = np.inf
            case "no particle":
                clouds[3, :, 3] = 0.0
            case "no momentum":
                jets[3, 0] = 0.0
            case "imaginary":
                jets[3, 2] = -1.0
            case "TeV":
                clouds[3, :, 2] /= 1000.0
            case "GeV":
                clouds[3, :, 2] *= 1000.0
    _, arrays = read(path)
    for name, values in arrays.items():
        np.testing.assert_array_equal(values, np.delete(whole[name], 3, axis=0))
    assert f"t.hdf5: 1 jet of 5 left out: {said}" in notes(path)


@pytest.mark.parametrize(
    ("unit", "factor", "said"),
    [
        ("MeV", 1e3, "1,000,000 GeV, beyond any collider"),
        ("TeV", 1e-3, "1 GeV, too low for a jet"),
    ],
)
def test_jets_of_another_unit_are_refused_until_it_is_said(
    tmp_path: Path, unit: str, factor: float, said: str
) -> None:
    path = written(tmp_path / "t.hdf5")
    whole = read(path)[1]
    with opened(path) as (_, jets):
        jets[:, [0, 2]] *= factor * 0.999
    (problem,) = JetNet().inspect([path], {}).problems
    assert said.replace("1,000,000", "999,000") in problem
    with pytest.raises(FormatError, match="unit"):
        read(path)
    block = next(iter(JetNet().rows([path], {"unit": unit}).blocks))
    np.testing.assert_allclose(block["x"], whole["x"], atol=2e-3)
    np.testing.assert_allclose(block["mass"], 0.999 * whole["mass"], rtol=1e-5)


def realistic(path: Path, n: int = 200) -> Path:
    """Write jets whose pT, mass and number of constituents are those of what is in them."""
    rng = np.random.default_rng(5)
    size = rng.integers(5, 11, n)
    real = np.arange(10) < size[:, None]
    pt = np.where(real, rng.exponential(1.0, (n, 10)), 0.0)
    pt = -np.sort(-pt / pt.sum(axis=1, keepdims=True), axis=1)
    angles = np.where(real[..., None], rng.normal(0.0, 0.08, (n, 10, 2)), 0.0)
    clouds = np.concatenate([angles, pt[..., None], real[..., None]], axis=2)
    jets = np.stack([np.full(n, 1000.0), rng.normal(0, 1, n), masses(angles, 1000 * pt), size], 1)
    return written(path, clouds=clouds.astype(np.float32), jets=jets.astype(np.float32))


def refused(path: Path) -> str:
    """Return why a file is not taken: said before an import, and said by it."""
    (problem,) = JetNet().inspect([path], {}).problems
    with pytest.raises(FormatError) as error:
        read(path)
    assert error.value.message == problem
    return problem


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (1e3, "about 1,000 times that"),
        (1e-3, "about 0.001 times that"),
        (30.0, "a mass above their pT"),
    ],
)
def test_a_mass_in_another_unit_than_the_pt_is_refused(
    tmp_path: Path, factor: float, said: str
) -> None:
    path = realistic(tmp_path / "t.hdf5")
    assert "left out" not in notes(path)
    with opened(path) as (_, jets):
        jets[:, 2] *= 2.0  # that of energies, or of what was cut, is another
    assert "left out" not in notes(path)
    with opened(path) as (_, jets):
        jets[:, 2] *= factor / 2.0
    problem = refused(path)
    assert said in problem
    assert "the setting Unit holds for pT and mass alike" in problem


@pytest.mark.parametrize("type_", range(5))
def test_masses_of_other_jets_are_refused_and_those_of_each_type_come_in(type_: int) -> None:
    """The bundled jets: gluons, light quarks, tops, W and Z, with a column of masses that was
    shuffled; and their ten hardest constituents alone, of which the mass says less.
    """
    with np.load(
        Path(__file__).parents[2] / "resources" / "datasets" / "jets" / "jets.npz"
    ) as found:
        mine = np.flatnonzero(found["label"] == type_)[:1000]
        clouds, jets = (found[name][mine].astype(np.float64) for name in ("particles", "jets"))
        size = found["size"][mine]
    pt, said = jets[:, 0], jets[:, 2]
    order = np.random.default_rng(type_).permutation(len(said))
    for places, masses_, wrong in (
        (30, said, False), (10, said, False), (30, said[order], True), (10, said[order], True),
        (30, np.full(len(said), 80.0), False),
    ):  # fmt: skip
        own = masses(clouds[:, :places, :2], clouds[:, :places, 2] * pt[:, None])
        found_ = Agreement()
        found_.count_masses(masses_, own, pt, size.clip(max=places))
        assert ("do not go with their constituents" in found_.against) == wrong
        few = Agreement()
        few.count_masses(masses_[:50], own[:50], pt[:50], size[:50].clip(max=places))
        assert not few.against, "of fifty nobody knows"


def test_a_mass_without_constituents_beside_each_other_is_still_below_the_pt(
    tmp_path: Path,
) -> None:
    """Jets of one constituent have no mass of their own to compare with."""
    path = realistic(tmp_path / "t.hdf5")
    with opened(path) as (clouds, jets):
        clouds[:, 1:] = 0.0
        clouds[:, 0, 2] = jets[:, 3] = 1.0
    assert "left out" not in notes(path)
    with opened(path) as (_, jets):
        jets[:, 2] *= 1e3
    assert "a mass above their pT in 200 of 200" in refused(path)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ((2, 0, 1, 3), "a pT below 0 at"),  # pT, eta, phi, mask
        ((0, 2, 1, 3), "a pT below 0 at"),
        ((0, 1, 3, 3), "pT sum to less than 0.1 or more than 2"),  # the mask for the pT
    ],
)
def test_columns_in_another_order_are_refused(
    tmp_path: Path, order: tuple[int, ...], said: str
) -> None:
    path = realistic(tmp_path / "t.hdf5")
    with opened(path) as (clouds, _):
        clouds[:] = clouds[..., order]
    problem = refused(path)
    assert said in problem
    assert "choose which columns they are (importer jets-columns)" in problem


def test_a_mass_in_the_place_of_the_number_of_constituents_is_refused(tmp_path: Path) -> None:
    """Tops came in with a mass of 30 GeV and 147.4 constituents."""
    path = realistic(tmp_path / "t.hdf5")
    with opened(path) as (_, jets):
        jets[:] = jets[:, (0, 1, 3, 2)]
    problem = refused(path)
    assert "these columns are exchanged" in problem
    assert "importer jets-columns" in problem


def test_a_few_constituents_with_a_pt_below_0_are_only_counted(tmp_path: Path) -> None:
    """As models make them."""
    path = realistic(tmp_path / "t.hdf5")
    with opened(path) as (clouds, _):
        clouds[:10, 4, 2] *= -1.0
    assert "10 constituents with a pT below 0, taken for 0" in notes(path)


@pytest.mark.parametrize("padded", [True, False])
def test_a_mask_of_other_jets_is_refused(tmp_path: Path, padded: bool) -> None:
    """It is told by zeros that it takes for real, or where none are by what the jets count."""
    path = realistic(tmp_path / "t.hdf5")
    rng = np.random.default_rng(0)
    with opened(path) as (clouds, jets):
        if not padded:
            clouds[:], jets[:, 3] = clouds[:, [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]], 10.0
            clouds[..., 2] /= 2.0
        clouds[..., 3] = rng.integers(0, 2, clouds.shape[:2])
    problem = refused(path)
    assert "a mask that leaves out" in problem
    assert ("places of zeros" if padded else "jets say") in problem


def test_a_mask_that_leaves_out_numbers_of_padding_is_taken(tmp_path: Path) -> None:
    """Whatever stands in padded places, the mask and the number of constituents agree."""
    path = realistic(tmp_path / "t.hdf5")
    whole = read(path)[1]
    with opened(path) as (clouds, _):
        clouds[..., :3][clouds[..., 3] == 0.0] = 0.25
    np.testing.assert_array_equal(read(path)[1]["x"], whole["x"])


def test_zeros_that_a_mask_calls_real_are_padding(tmp_path: Path) -> None:
    path = realistic(tmp_path / "t.hdf5")
    whole = read(path)[1]
    with opened(path) as (clouds, _):
        padded = int((clouds[..., 3] == 0.0).sum())
        clouds[..., 3] = 1.0
    for name, values in read(path)[1].items():
        np.testing.assert_array_equal(values, whole[name])
    assert f"{padded} places of zeros that the mask calls real, taken for padding" in notes(path)


def test_a_preview_shows_every_type(tmp_path: Path) -> None:
    paths = [written(tmp_path / name, n=9) for name in ("z.hdf5", "g.hdf5", "t.hdf5")]
    assert JetNet().inspect(paths, {}).preview["label"] == [0, 1, 2, 0, 1, 2, 0, 1]
    assert JetNet().inspect(paths[:1], {}).preview["label"] == [0] * 8


def test_a_file_of_nothing_but_damage_is_refused_with_its_reasons(tmp_path: Path) -> None:
    path = written(tmp_path / "t.hdf5")
    with opened(path) as (clouds, jets):
        clouds[:3, 0, 0] = np.nan
        jets[:, 2] = -5.0
    said = (
        "No jet of t.hdf5 can be used: 3 with a number that is not finite (the first is jet 0), "
        "2 with a mass below 0 (the first is jet 3)."
    )
    assert JetNet().inspect([path], {}).problems == [said]
    with pytest.raises(FormatError, match="2 with a mass below 0"):
        read(path)


def test_what_stands_in_padded_places_is_no_number_of_the_jet(tmp_path: Path) -> None:
    path = written(tmp_path / "t.hdf5")
    whole = read(path)[1]
    with opened(path) as (clouds, _):
        clouds[..., :3][clouds[..., 3] == 0.0] = np.nan
    np.testing.assert_array_equal(read(path)[1]["x"], whole["x"])
    assert "left out" not in notes(path)


def test_a_mask_of_halves_is_read(tmp_path: Path) -> None:
    """Models with a mask among their numbers often have it as -0.5 and 0.5."""
    path = written(tmp_path / "t.hdf5")
    whole = read(path)[1]
    with opened(path) as (clouds, _):
        clouds[..., 3] -= 0.5
    np.testing.assert_array_equal(read(path)[1]["size"], whole["size"])
    assert "a mask neither 0 nor 1 at 20 places" in notes(path)


def test_constituents_far_from_the_axis_are_moved_and_counted(tmp_path: Path) -> None:
    path = written(tmp_path / "t.hdf5", n=100)
    with opened(path) as (clouds, _):
        clouds[2, 0, :2] = [-0.75, 2 * np.pi + 0.125]
        clouds[4, 0, :2] = [0.875, 0.25]
    x = read(path)[1]["x"]
    np.testing.assert_allclose(x[2, 0, :2], [-0.5, 0.125], atol=1e-6)
    np.testing.assert_allclose(x[4, 0, :2], [0.5, 0.25])
    said = notes(path)
    assert (
        "2 constituents farther than 0.5 (1.25 R) from the axis in eta or phi, moved there" in said
    )
    assert "1 constituent with a phi beyond pi" in said


def test_other_names_are_taken_and_said(tmp_path: Path) -> None:
    path = written(tmp_path / "t.hdf5")
    whole = read(path)[1]
    with h5py.File(path, "r+") as file:
        file.move("particle_features", "particles")
        file.move("jet_features", "jets")
    assert JetNet().claims(path)
    np.testing.assert_array_equal(read(path)[1]["x"], whole["x"])
    assert "t.hdf5: particles is taken for particle_features." in notes(path)


def test_without_jets_the_mass_is_that_of_the_constituents(tmp_path: Path) -> None:
    path = written(tmp_path / "t.hdf5")
    told = JetNet().inspect([path], {})
    assert told.settled == ["pt"]  # the jets say their pT
    assert "relative pT, a share without a unit" in told.notes[-1]
    with h5py.File(path, "r+") as file:
        del file["jet_features"]
    assert not JetNet().inspect([path], {}).settled
    clouds = np.zeros((2, 4, 4), np.float32)
    # Two massless particles of pT p at eta = +-a: m = 2 p sinh a.
    clouds[:, :2] = [[0.3, 0.0, 0.5, 1.0], [-0.3, 0.0, 0.5, 1.0]]
    with h5py.File(tmp_path / "z.hdf5", "w") as file:
        file["particle_features"] = clouds
    assert JetNet().claims(path)
    arrays = next(iter(JetNet().rows([tmp_path / "z.hdf5"], {"pt": 400.0}).blocks))
    np.testing.assert_allclose(arrays["mass"], 400.0 * np.sinh(0.3), rtol=1e-5)
    np.testing.assert_allclose(arrays["pt"], 400.0)
    assert "t.hdf5: it has no jet_features: the jets have a pT of 1,000 GeV" in notes(path)


def test_without_a_mask_what_has_momentum_is_real(tmp_path: Path) -> None:
    path = written(tmp_path / "t.hdf5")
    whole = read(path)[1]
    with h5py.File(path, "r+") as file:
        clouds = file["particle_features"][..., :3]
        del file["particle_features"]
        file["particle_features"] = clouds
    np.testing.assert_array_equal(read(path)[1]["size"], whole["size"])
    assert "it has no mask" in notes(path)


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("t150", "top"),
        ("jets_t", "top"),
        ("Top_Jets", "top"),
        ("gluon-2", "gluon"),
        ("w_vs_z", "w_vs_z"),
        ("mine", "mine"),
    ],
)
def test_the_name_of_a_file_tells_the_type(tmp_path: Path, name: str, type: str) -> None:
    assert read(written(tmp_path / f"{name}.h5"))[0] == [type]


def test_labels_with_names_tell_the_type_of_each_jet(tmp_path: Path) -> None:
    """As in files that we have written."""
    path = written(tmp_path / "made.h5")
    with h5py.File(path, "r+") as file:
        file["label"] = np.int64([1, 0, 1, 2, 0])
        file["label_names"] = np.array([b"top", b"gluon", b"odd"])
    classes, arrays = read(path)
    assert classes == ["gluon", "top", "odd"]
    np.testing.assert_array_equal(arrays["label"], [0, 1, 0, 2, 1])
    with h5py.File(path, "r+") as file:
        file["label"][:] = 2
    assert read(path)[0] == ["odd"], "types that no jet has are no classes"


def bad(what: str) -> dict[str, np.ndarray]:
    clouds = np.ones((5, 4, 4), np.float32)
    jets = np.tile(np.float32([1000.0, 0.5, 80.0, 2.0]), (5, 1))
    match what:
        case "numbers":
            jets = jets[:4]
        case "shapes":
            jets = jets[:, :2]
        case "flat":
            clouds = clouds.reshape(5, 16)
        case "text":
            return {"clouds": np.full((5, 4, 4), b"x"), "jets": jets}
    return {"clouds": clouds, "jets": jets}


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("numbers", "has 5 jets and jet_features 4: it must be the same jets in both"),
        ("shapes", r"must be \(n, N, 4\) and \(n, 4\)"),
        ("flat", r"must be \(n, N, 4\)"),
        ("text", "does not hold numbers"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, what: str, said: str) -> None:
    path = written(tmp_path / "t.hdf5", **bad(what))
    with pytest.raises(FormatError, match=said):
        read(path)


def test_no_link_is_followed_out_of_a_file(tmp_path: Path) -> None:
    other = written(tmp_path / "secret.hdf5")
    path = tmp_path / "t.hdf5"
    with h5py.File(path, "w") as file:
        file["particle_features"] = h5py.ExternalLink(other.name, "particle_features")
        file["jet_features"] = np.tile(np.float32([1000.0, 0.5, 80.0, 2.0]), (5, 1))
    with pytest.raises(FormatError, match="particle_features is a link, which is not followed"):
        read(path)
    path = written(tmp_path / "w.hdf5")
    with h5py.File(path, "r+") as file:
        del file["jet_features"]
        file["jet_features"] = h5py.ExternalLink(other.name, "jet_features")
    with pytest.raises(FormatError, match="jet_features is a link"):
        read(path)


def test_more_columns_are_those_of_another_file(tmp_path: Path) -> None:
    """JetNet has four; who has five says which they are."""
    path = written(tmp_path / "t.hdf5", clouds=np.ones((5, 4, 5), np.float32))
    assert not JetNet().claims(path)
    assert JetNet().claims(written(tmp_path / "w.hdf5", clouds=np.ones((5, 16), np.float32)))


def test_clouds_of_other_sizes_do_not_go_together(tmp_path: Path) -> None:
    paths = [written(tmp_path / "g.hdf5"), written(tmp_path / "q.hdf5", places=6)]
    assert JetNet().inspect(paths, {}).problems
    with pytest.raises(FormatError, match="places"):
        read(*paths)


def test_a_file_is_told_from_the_published_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "t.hdf5", n=7, places=30)
    assert "published" not in notes(path), "it has fewer jets"
    sum = hashlib.md5(path.read_bytes()).hexdigest()
    monkeypatch.setitem(published.SUMS, "top", (7, sum))
    assert "t.hdf5: this is JetNet's published file (Zenodo 6975118)." in notes(path)
    with opened(path) as (clouds, _):
        clouds[0, 0, 0] += 0.01
    assert (
        f"differs from it: its MD5 is {hashlib.md5(path.read_bytes()).hexdigest()}, not {sum}"
        in (notes(path))
    )


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "t.hdf5")
    path.write_bytes(path.read_bytes()[:900])
    assert not JetNet().claims(path)
    with pytest.raises(FormatError):
        read(path)
