"""What is written of each data type, read by the libraries that its users have.

A test whose library is not installed is skipped, and says which.
"""

import csv
import io
import json
import zipfile
from pathlib import Path

import h5py
import networkx
import numpy as np
import pytest
import torch
from PIL import Image

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import LABEL, SIZE
from pushforward.models.kinds.jet_variables import conditions_of
from pushforward.models.registry import registry
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.formats.cubes.raster_files import write_raster
from tests.formats.test_scene_exports import MAP, NAMES, PLACE

FROM = {"step": 12}


def write(slug: str, path: Path) -> Batch:
    """Write twenty samples of a data type, and return them."""
    discover()
    data = registry.get("kind", slug).make(20, 0)
    rows = data.rows(slice(None))
    kind_of(slug).write(path, rows, data.columns, FROM)
    return rows


def test_pyarrow_reads_points(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra pushforward[parquet]")
    rows = write("points", tmp_path / "x.parquet")
    table = parquet.read_table(tmp_path / "x.parquet")
    found = np.stack([table.column(name).to_numpy() for name in table.column_names], axis=1)
    np.testing.assert_array_equal(found, rows.x.numpy())
    assert json.loads(table.schema.metadata[b"provenance"]) == FROM


def test_pyarrow_reads_jet_variables(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra pushforward[parquet]")
    rows = write("jet-variables", tmp_path / "x.parquet")
    table = parquet.read_table(tmp_path / "x.parquet")
    given = conditions_of(rows)
    np.testing.assert_allclose(table.column("pt").to_numpy(), given["pt"].numpy(), rtol=1e-6)
    np.testing.assert_allclose(table.column("mass").to_numpy(), given["mass"].numpy(), rtol=1e-6)
    assert table.column("constituents").to_pylist() == given[SIZE].tolist()


def test_pillow_reads_each_image_of_the_table(tmp_path: Path) -> None:
    x = torch.rand(20, 1, 5, 7, generator=torch.Generator().manual_seed(0))
    rows = Batch(x, None, {LABEL: torch.arange(20) % 3})
    kind_of("images").write(tmp_path / "x.zip", rows, (), FROM)
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        lines = list(csv.DictReader(io.StringIO(archive.read("images.csv").decode())))
        pictures = [np.asarray(Image.open(archive.open(line["file"]))) for line in lines]
    assert len(lines) == len(rows) == 20
    assert [line["class"] for line in lines] == [str(int(each)) for each in rows.given[LABEL]]
    expected = rows.x.clamp(0, 1).expand(-1, 3, -1, -1).permute(0, 2, 3, 1).numpy()
    assert np.abs(np.stack(pictures) / 255 - expected).max() <= 0.5 / 255 + 1e-6


def test_jetnet_reads_jets(tmp_path: Path, monkeypatch) -> None:
    jetnet = pytest.importorskip("jetnet.datasets.jetnet", reason="the package jetnet")
    rows = write("jets", tmp_path / "x.hdf5")
    (tmp_path / "x.hdf5").rename(tmp_path / "g.hdf5")
    # It asks the web for a checksum of its own file.
    monkeypatch.setattr(
        jetnet, "checkDownloadZenodoDataset", lambda data_dir, *, key, **_: Path(data_dir) / key
    )
    particles, jets = jetnet.JetNet.getData(
        "g", data_dir=str(tmp_path), split="all", split_fraction=[1, 0, 0]
    )
    order = np.argsort(jets[:, 1])  # it shuffles
    np.testing.assert_allclose(jets[order, 1], np.sort(rows.given["pt"].numpy()), rtol=1e-5)
    np.testing.assert_array_equal(
        particles[order, :, 3].sum(axis=1),
        rows.given[SIZE].numpy()[np.argsort(rows.given["pt"].numpy())],
    )


def test_jets_have_the_layout_of_jetnet(tmp_path: Path) -> None:
    """As the loader of JetNet reads it: η, φ and share of pT relative to the jet, and a mask."""
    rows = write("jets", tmp_path / "x.hdf5")
    assert rows.mask is not None
    with h5py.File(tmp_path / "x.hdf5") as file:
        clouds, jets = file["particle_features"][:], file["jet_features"][:]
    assert clouds.shape == (20, rows.x.shape[1], 4)
    mask = rows.mask.numpy()
    np.testing.assert_array_equal(clouds[..., 3] > 0.5, mask)
    np.testing.assert_allclose(clouds[..., :2][mask], rows.x[..., :2].numpy()[mask], rtol=1e-5)
    np.testing.assert_array_equal(jets[:, -1], mask.sum(axis=1))


def test_networkx_reads_graphs(tmp_path: Path) -> None:
    rows = write("graphs", tmp_path / "x.g6")
    sizes = rows.given[SIZE].tolist()
    by_code = networkx.read_graph6(tmp_path / "x.g6")
    assert [len(graph) for graph in by_code] == sizes
    write("graphs", tmp_path / "x.graphml")
    text = (tmp_path / "x.graphml").read_text(encoding="utf-8")
    assert text.count("<graph ") == len(by_code)
    first = networkx.parse_graphml(_only_first(text))
    assert networkx.is_isomorphic(networkx.Graph(first), by_code[0])


def _only_first(text: str) -> str:
    """Return GraphML with the first of its graphs: networkx reads one of a file."""
    start, end = text.index("<graph "), text.index("</graph>") + len("</graph>")
    last = text.rindex("</graph>") + len("</graph>")
    return text[:start] + text[start:end] + text[last:]


def test_rdkit_reads_molecules(tmp_path: Path) -> None:
    chem = pytest.importorskip("rdkit.Chem", reason="the extra pushforward[molecules]")
    rows = write("molecules", tmp_path / "x.sdf")
    read = [each for each in chem.SDMolSupplier(str(tmp_path / "x.sdf"), sanitize=False) if each]
    assert [each.GetNumAtoms() for each in read] == rows.given[SIZE].tolist()
    write("molecules", tmp_path / "x.smi")
    lines = [line.split()[0] for line in (tmp_path / "x.smi").read_text().splitlines() if line]
    written = {chem.MolToSmiles(chem.MolFromSmiles(line)) for line in lines}
    for each in read:
        chem.SanitizeMol(each)
    assert written <= {chem.MolToSmiles(chem.RemoveHs(each)) for each in read}
    assert len(lines) > 10


@pytest.mark.parametrize("suffix", [".tif", ".img"])
def test_rasterio_reads_maps(tmp_path: Path, suffix: str) -> None:
    rasterio = pytest.importorskip("rasterio", reason="rasterio, which reads maps, is absent")
    path = tmp_path / f"map{suffix}"
    write_raster(path, MAP, NAMES, None, PLACE)
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(file.read(1), MAP)
        assert file.transform.a == 20.0
        assert (file.transform.c, file.transform.f) == (500000.0, 4400000.0)
