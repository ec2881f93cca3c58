"""Read what an export wrote, with plain libraries: what anybody who gets such a file would use."""

import csv
import io
import json
import wave
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import h5py
import networkx
import numpy as np
from networkx.readwrite.graphml import GraphMLReader
from numpy.typing import NDArray
from PIL import Image

__all__ = ["read_arrays", "read_graphs", "read_pictures", "read_sound", "read_table"]

Arrays = dict[str, NDArray[Any]]


def read_arrays(path: Path) -> Arrays:
    """Return the arrays of an .npz, .h5 or .hdf5 file by name, without their provenance."""
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as file:
            found = {name: np.asarray(file[name]) for name in file.files}
    else:
        with h5py.File(path) as file:
            found = {name: np.asarray(each) for name, each in file.items()}
    return {name: each for name, each in found.items() if name not in ("provenance", "columns")}


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the lines of a CSV file by the names of its columns."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read_graphs(path: Path) -> list[networkx.Graph]:
    """Return the graphs of a .graphml, .json, .edgelist or .g6 file, nodes numbered from 0."""
    if path.suffix == ".graphml":
        found: list[networkx.Graph] = list(GraphMLReader(node_type=int)(path=path))
    elif path.suffix == ".json":
        listed = json.loads(path.read_text(encoding="utf-8"))["graphs"]
        found = [networkx.node_link_graph(each, edges="links") for each in listed]
    elif path.suffix == ".g6":
        found = [networkx.from_graph6_bytes(line) for line in path.read_bytes().split()]
    else:
        found = list(_edge_lists(path.read_text(encoding="utf-8")))
    return found


def _edge_lists(text: str) -> Iterator[networkx.Graph]:
    for part in text.split("# graph ")[1:]:
        head, *lines = part.splitlines()
        graph = networkx.empty_graph(int(head.split()[2]))
        graph.add_edges_from(tuple(map(int, line.split())) for line in lines)
        yield graph


def read_pictures(path: Path) -> list[NDArray[np.uint8]]:
    """Return the picture of a .png file, those of a .zip file, or the panels of an .svg file."""
    if path.suffix == ".svg":
        marks = {"line", "circle", "path", "text", "polyline"}
        drawn = [e for e in ElementTree.parse(path).iter() if e.tag.rpartition("}")[2] in marks]
        return [np.zeros(len(drawn), np.uint8)]
    if path.suffix == ".png":
        return [np.asarray(Image.open(path))]
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        return [np.asarray(Image.open(io.BytesIO(archive.read(name)))) for name in names]


def read_sound(path: Path) -> NDArray[np.float64]:
    """Return the channels of a .wav file, (times, channels), from -1 to 1."""
    with wave.open(str(path)) as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return frames.reshape(-1, file.getnchannels()) / 32767
