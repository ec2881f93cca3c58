"""Every registered importer on altered files: the formats are found, not listed.

A valid file of each table format comes from its own writer; for importers, for formats that cannot
write, and for what writers never do, there are files by the name of each in `MORE`.
"""

import gzip
import io
import json
import pickle
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
from hypothesis import strategies as st
from scipy.io import savemat

from pushforward.studio.formats.registry import discover, importers
from pushforward.studio.formats.tables.registry import registry
from pushforward.studio.formats.worker import Inspect, Inspected, Read, Refusal
from tests.fuzz.mutations import mutated
from tests.fuzz.worker import Crash, Worker

__all__ = ["CRASHING", "MORE", "check", "files", "importer", "seeds", "slugs", "suffix"]

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
NAMES = ["a", "b", "c"]
TABLES = "points"
CRASHING = {
    "hdf5",
    "image-arrays",
    "jetnet",
    "jetnet-variables",
    "jets-columns",
    "scene",
    "top-tagging",
}
"""Formats whose library may end the process that reads a damaged file."""


def slugs() -> list[str]:
    """Return what is altered: each importer, and of tables each format."""
    assert discover() == []
    others = [each.slug for each in importers.all() if each.slug != TABLES]
    return [*others, *(format.slug for format in registry.all())]


def suffix(slug: str) -> str:
    """Return a suffix by which an importer or a format is chosen."""
    return next(f.suffixes[0] for f in [*importers.all(), *registry.all()] if f.slug == slug)


def importer(slug: str) -> str:
    """Return the importer that is asked."""
    return TABLES if any(format.slug == slug for format in registry.all()) else slug


def seeds(slug: str, folder: Path) -> list[bytes]:
    """Return valid files that an importer or a table format takes."""
    found = []
    for format in registry.all():
        for ending in format.writes if format.slug == slug else ():
            path = folder / f"seed{ending}"
            format.write(path, X, NAMES, {"seed": 1})
            found.append(path.read_bytes())
    return found + MORE.get(slug, list)()


def files(slug: str, folder: Path) -> st.SearchStrategy[bytes]:
    """Return altered files that an importer or a table format takes."""
    valid = seeds(slug, folder)
    altered = mutated(valid or [b""])
    return altered | _archives(valid) if slug == "npz" else altered


def check(slug: str, path: Path, content: bytes, worker: Worker) -> str:
    """Look into a file and read it; return how it went in a word.

    Raises:
        AssertionError: our own code failed, or was made to take memory by a small file.
    """
    path.write_bytes(content)
    asked = importer(slug)
    try:
        found = worker.ask(Inspect([str(path)], asked))
        items = found.found.items if isinstance(found, Inspected) else []
        rows = worker.ask(Read([str(path)], asked, {"item": items[0].name} if items else {}))
    except Crash as crash:
        if slug not in CRASHING:
            raise AssertionError(f"the process ended: {crash}") from crash
        return str(crash)
    for answer in (found, rows):
        if isinstance(answer, Refusal):
            assert answer.error.message
            assert slug in CRASHING or "limit for one file" not in answer.error.message
    return type(rows).__name__


def _archives(seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Archives that are whole, of arrays that are not."""
    members = [zipfile.ZipFile(io.BytesIO(seed)) for seed in seeds]
    arrays = [archive.read(name) for archive in members for name in archive.namelist()]
    names = st.sampled_from(["x.npy", "columns.npy", "y.npy", "z"])
    return st.lists(st.tuples(names, mutated(arrays)), min_size=1, max_size=3).map(_zip)


def _zip(members: list[tuple[str, bytes]]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in dict(members).items():
            archive.writestr(name, content)
    return file.getvalue()


def _text_files() -> list[bytes]:
    texts = ["u;v\n1,5;2\n3;4,5\n", "# x y\n1 2\n3 4\n", 'n,u,v\n"a, b",1,2\n"c\nd",3,nan\n']
    return [text.encode() for text in texts] + [texts[0].encode("utf-16")]


def _npy_files() -> list[bytes]:
    named = np.zeros(9, dtype=[("u", "f4"), ("t", "S3"), ("v", ">i8")])
    types = ["<f2", ">f2", ">f4", ">f8", "<u8", ">u8", ">i4", "i1", "?", "g"]  # g: a long double
    arrays = [X, np.asfortranarray(X), X[:, 0], named, *(abs(X).astype(t) for t in types)]
    return [_saved(x) for x in arrays]


def _saved(x: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, x)
    return file.getvalue()


def _npz_files() -> list[bytes]:
    file = io.BytesIO()
    np.savez_compressed(file, u=X[:, 0], v=X[:, 1], f=np.asfortranarray(X), g=X.astype("g"))
    return [file.getvalue()]


def _hdf5_files() -> list[bytes]:
    return [_hdf5(version) for version in ("earliest", "latest")]


def _hdf5(version: str) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w", libver=version) as h5:
        h5.create_dataset("x", data=X, chunks=(7, 2), compression="gzip", fletcher32=True)
        h5["x"].attrs["columns"] = NAMES
        h5["group/u"], h5["group/v"] = X[:, 0], X[:, 1]
        h5["named"] = np.zeros(9, dtype=[("u", "f4"), ("t", "S3"), ("v", "i8")])
        h5["long"] = X.astype("g")
        h5["link"] = h5py.SoftLink("/x")
    return file.getvalue()


def _movielens_files() -> list[bytes]:
    rated = "".join(f"{i % 6},{i // 6},4,{i}\n" for i in range(36))
    later = f"userId,movieId,rating,timestamp\n{rated}"
    return [later.encode(), later.partition("\n")[2].replace(",", "::").encode()]


def _interaction_files() -> list[bytes]:
    rated = "".join(f"{i % 6}\t{i // 6}\t4\t{i}\n" for i in range(36))
    recbole = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
    named = "".join(f'u{i % 6},"item, {i // 6}",2024-01-{i % 28 + 1:02}\n' for i in range(36))
    return [f"{recbole}{rated}".encode(), f"user,item,date\n{named}".encode()]


def _graphml_files() -> list[bytes]:
    head = '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    nodes = "".join(f'<node id="n{i}"/>' for i in range(5))
    edges = "".join(f'<edge source="n{i}" target="n{i + 1}"/>' for i in range(4))
    graph = f'<graph edgedefault="undirected">{nodes}{edges}</graph>'
    return [f"{head}{graph}{graph}</graphml>".encode()]


def _edgelist_files() -> list[bytes]:
    return [b"# a path\n0 1\n1 2\n2 3\n", b"a b\nb c\nc a\n"]


def _smiles_files() -> list[bytes]:
    return [
        b"CCO ethanol\nc1ccccc1C\n# a comment\nC1CC1(N)C#N\n",
        b"smiles\nOc1ccc2[nH]ccc2c1\nC%10CC%10\n",
    ]


def _sdf_files() -> list[bytes]:
    return [
        b"ethanol\n  by hand\n\n  3  2  0  0  0  0  0  0  0  0999 V2000\n"
        b"    0.0000    0.0000    0.0000 C   0  0\n    1.5000    0.0000    0.0000 C   0  0\n"
        b"    2.2000    1.2000    0.0000 O   0  0\n  1  2  1  0\n  2  3  1  0\nM  END\n"
        b"> <Name>\nethanol\n\n$$$$\n"
    ]


def _xyz_files() -> list[bytes]:
    methanal = "4\nmethanal\nC 0 0 0 -0.1\nO 0 0 1.20 .1\nH 0.94 0 -.54 0\nH -.94 0. -5.4*^-1 0\n"
    return [methanal.encode(), (methanal * 2).encode()]


def _graph6_files() -> list[bytes]:
    return [b">>graph6<<DQc\nDhc\n", b":Fa@x^\n"]


def _gml_files() -> list[bytes]:
    nodes = " ".join(f'node [ id {k} label "n{k}" ]' for k in range(4))
    edges = " ".join(f"edge [ source {k} target {k + 1} weight 0.5 ]" for k in range(3))
    return [f"# a path\ngraph [ directed 0 {nodes} {edges} ]\n".encode()]


def _graph_json_files() -> list[bytes]:
    one = b'{"nodes": [{"id": 0}, {"id": "b"}], "links": [{"source": 0, "target": "b"}]}'
    return [one, b'{"graphs": [{"n": 3, "edges": [[0, 1], [1, 2]]}, {"n": 2, "edges": []}]}']


def _tu_files() -> list[bytes]:
    pairs, graphs = b"1, 2\n2, 1\n3, 4\n4, 5\n", b"1\n1\n2\n2\n2\n"
    return [_zip([("S/S_A.txt", pairs), ("S/S_graph_indicator.txt", graphs)])]


def _jetnet_files() -> list[bytes]:
    clouds = np.abs(np.random.default_rng(1).normal(size=(20, 4, 4))).astype(np.float32) * 0.1
    clouds[..., 3] = 1.0
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        made["particle_features"] = clouds
        made["jet_features"] = np.tile(np.float32([1000.0, 0.5, 80.0, 4.0]), (20, 1))
    return [file.getvalue()]


def _jet_columns_files() -> list[bytes]:
    rng = np.random.default_rng(2)
    momenta = rng.normal(0, 50, (20, 5, 3)).astype(np.float32)
    cartesian = np.concatenate([np.linalg.norm(momenta, axis=2)[..., None], momenta], axis=2)
    archive, file = io.BytesIO(), io.BytesIO()
    np.savez_compressed(archive, X=cartesian, y=np.arange(20) % 2, names=np.array(["a", "b"]))
    tracks = np.zeros((20, 4), dtype=[("pt", "f4"), ("deta", "f2"), ("dphi", "f4"), ("valid", "?")])
    for name in ("pt", "deta", "dphi"):
        tracks[name] = np.abs(rng.normal(0.2, 0.05, (20, 4)))
    tracks["valid"] = True
    with h5py.File(file, "w") as made:
        made.create_dataset("tracks", data=tracks, chunks=(7, 4), compression="gzip")
        made["jet/pt"], made["jet/type"] = np.full(20, 900.0), np.full(20, b"top")
    return [archive.getvalue(), file.getvalue()]


def _top_tagging_files() -> list[bytes]:
    rng, file = np.random.default_rng(3), io.BytesIO()
    momenta = np.zeros((20, 201, 3))
    momenta[:, :5] = rng.normal(0, 30, (20, 5, 3)) + 100.0
    four = np.concatenate([np.linalg.norm(momenta, axis=2)[..., None], momenta], axis=2)
    fields = [("index", "<i8"), ("values_block_0", "<f4", (804,)), ("values_block_1", "<i8", (2,))]
    table = np.zeros(20, np.dtype(fields))
    table["values_block_0"] = four.reshape(20, -1)
    table["values_block_1"][:, 1] = np.arange(20) % 2
    with h5py.File(file, "w") as made:
        made.create_dataset("table/table", data=table, chunks=(7,), compression="gzip")
    return [file.getvalue()]


def _mat_files() -> list[bytes]:
    file = io.BytesIO()
    savemat(file, {"cube": np.arange(4 * 5 * 7, dtype=np.uint16).reshape(4, 5, 7)})
    return [file.getvalue()]


def _plain_text_files() -> list[bytes]:
    text = "Alice was beginning to get very tired of sitting by her sister. " * 3
    return [text.encode(), ("\ufeff" + text.upper() + "Él № ß").encode()]


def _series_files() -> list[bytes]:
    lines = "".join(f"{i},{0.5 * i}\n" for i in range(90))
    return [f"a,b\n{lines}".encode(), lines.replace(",", ";").encode()]


def _wav_files() -> list[bytes]:
    found = []
    for width, rate in ((2, 8000), (3, 11_025)):
        body = io.BytesIO()
        with wave.open(body, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(width)
            file.setframerate(rate)
            file.writeframes(bytes(range(256)) * 6)
        found.append(body.getvalue())
    return found


def _picture_files() -> list[bytes]:
    from PIL import Image

    pixels = np.random.default_rng(3).integers(0, 255, (6, 5, 3), np.uint8)
    found = []
    for mode, ending in (("RGB", "png"), ("P", "png"), ("L", "jpeg"), ("RGB", "gif")):
        file = io.BytesIO()
        Image.fromarray(pixels).convert(mode).save(file, ending)
        found.append(file.getvalue())
    members = [("a/1.png", found[0]), ("b/2.png", found[1]), ("b/3.jpg", found[2])]
    return [*found, _zip(members)]


def _idx_files() -> list[bytes]:
    pixels = np.random.default_rng(4).integers(0, 255, (5, 4, 3), np.uint8)
    head = b"\0\0\x08\x03" + np.array(pixels.shape, ">u4").tobytes()
    return [head + pixels.tobytes(), gzip.compress(head + pixels.tobytes())]


def _image_array_files() -> list[bytes]:
    rng = np.random.default_rng(6)
    grey, colours = rng.integers(0, 255, (5, 6, 7), np.uint8), rng.random((5, 6, 7, 3), np.float32)
    archive, file = io.BytesIO(), io.BytesIO()
    np.savez_compressed(archive, images=grey, labels=np.arange(5) % 2)
    with h5py.File(file, "w") as made:
        made.create_dataset("x", data=np.moveaxis(colours, 3, 1), chunks=(2, 3, 6, 7))
        made["y"] = np.arange(5)[:, None]
    return [archive.getvalue(), file.getvalue(), _saved(colours[..., :1])]


def _cifar_files() -> list[bytes]:
    """As the authors' Python 2 wrote it, and as numpy writes it today."""
    x = np.random.default_rng(5).integers(0, 255, (3, 3072), np.uint8)
    raw, n = x.tobytes(), len(x)
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        + b"(K\x01K" + bytes([n]) + b"M\x00\x0c\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R"
        + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + len(raw).to_bytes(4, "little") + raw + b"tb"
    )  # fmt: skip
    old = b"\x80\x02}(U\x04dataq\x00" + array + b"U\x06labels](K\x01K\x00K\x02eu."
    return [old, pickle.dumps({"data": x, "labels": [1, 0, 2]}, protocol=4)]


def _series_array_files() -> list[bytes]:
    x = np.random.default_rng(0).normal(size=(5, 6, 2)).astype(np.float32)
    packed = io.BytesIO()
    np.savez_compressed(packed, provenance=np.array(json.dumps({"kind": "series"})), x=x)
    return [packed.getvalue()]


MORE: dict[str, Callable[[], list[bytes]]] = {
    "image-files": _picture_files,
    "idx": _idx_files,
    "image-arrays": _image_array_files,
    "cifar": _cifar_files,
    "plain-text": _plain_text_files,
    "series-table": _series_files,
    "series-arrays": _series_array_files,
    "wav": _wav_files,
    "movielens": _movielens_files,
    "recommendation-table": _interaction_files,
    "graphml": _graphml_files,
    "edgelist": _edgelist_files,
    "graph6": _graph6_files,
    "gml": _gml_files,
    "graph-json": _graph_json_files,
    "smiles": _smiles_files,
    "sdf": _sdf_files,
    "xyz": _xyz_files,
    "tu": _tu_files,
    "jetnet": _jetnet_files,
    "jetnet-variables": _jetnet_files,
    "jets-columns": _jet_columns_files,
    "top-tagging": _top_tagging_files,
    "scene": _mat_files,
    "csv": _text_files,
    "npy": _npy_files,
    "npz": _npz_files,
    "hdf5": _hdf5_files,
}
