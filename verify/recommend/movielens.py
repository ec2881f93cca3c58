"""MovieLens 100K, read where it is on this computer: its licence allows no copy in the product.

GroupLens, https://grouplens.org/datasets/movielens/100k (Harper and Konstan 2015,
doi:10.1145/2827872). It is looked for in the folder that the environment variable
PUSHFORWARD_ML100K names, and in the installed package recbole.
"""

import importlib.util
import os
from pathlib import Path

import numpy as np
import torch

from pushforward.models.kinds.interactions import InteractionSet

__all__ = ["MISSING", "VARIABLE", "find_movielens", "read_movielens"]

VARIABLE = "PUSHFORWARD_ML100K"
MISSING = (
    f"MovieLens 100K is not on this computer. Set {VARIABLE} to the folder with u.data, or install "
    "the package recbole."
)
_FILES = ("u.data", "ml-100k.inter")
_ITEMS = ("u.item", "ml-100k.item")
_GENRES = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime"),
    *("Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance"),
    *("Sci-Fi", "Thriller", "War", "Western"),
)


def find_movielens() -> Path | None:
    """Return the file of ratings, None if there is none."""
    folders = [Path(os.environ[VARIABLE])] if os.environ.get(VARIABLE) else []
    spec = importlib.util.find_spec("recbole")
    if spec is not None and spec.submodule_search_locations:
        folders.append(Path(spec.submodule_search_locations[0]) / "dataset_example" / "ml-100k")
    paths = (folder / name for folder in folders for name in _FILES)
    return next((path for path in paths if path.is_file()), None)


def read_movielens(path: Path, least: float = 0.0) -> InteractionSet:
    """Return the histories in order of time.

    Args:
        path: u.data of GroupLens, or ml-100k.inter of RecBole.
        least: ratings below it are left out; 4 is the filter of the ACVAE paper.

    Raises:
        OSError, ValueError: the file cannot be read, or holds no ratings.
    """
    skip = int(path.suffix == ".inter")
    table = np.loadtxt(path, skiprows=skip, delimiter="\t")
    user, item, rating, time = table.T
    kept = rating >= least
    user, time, rating = user[kept].astype(np.int64), time[kept].astype(np.int64), rating[kept]
    numbers, item = np.unique(item[kept].astype(np.int64), return_inverse=True)
    order = np.lexsort((time, user))
    _, starts, lengths = np.unique(user[order], return_index=True, return_counts=True)
    shape = (len(starts), int(lengths.max()))
    rows = np.repeat(np.arange(len(starts)), lengths)
    places = np.arange(len(order)) - np.repeat(starts, lengths)
    x, times = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    ratings = np.zeros(shape, np.float32)
    x[rows, places], times[rows, places] = item[order] + 1, time[order]
    ratings[rows, places] = rating[order]
    titles, genres = _items(path)
    return InteractionSet(
        torch.from_numpy(x),
        tuple(titles.get(number, f"Item {number}") for number in numbers.tolist()),
        people=torch.from_numpy(user[order][starts]),
        items=tuple(numbers.tolist()),
        times=torch.from_numpy(times),
        ratings=torch.from_numpy(ratings),
        categories=tuple(genres.get(number, "") for number in numbers.tolist()),
    )


def _items(ratings: Path) -> tuple[dict[int, str], dict[int, str]]:
    """Return the titles and the genres of the items by number; {} without their file."""
    path = next((p for p in (ratings.with_name(name) for name in _ITEMS) if p.is_file()), None)
    if path is None:
        return {}, {}
    titles, genres = {}, {}
    if path.suffix == ".item" and path.name.startswith("ml-100k"):
        for line in path.read_text("utf-8", errors="replace").splitlines()[1:]:
            number, title, _, names = (line.split("\t") + [""] * 3)[:4]
            titles[int(number)], genres[int(number)] = title, names.replace(" ", "|")
        return titles, genres
    for line in path.read_text("latin-1").splitlines():
        cells = line.split("|")
        marks = zip(_GENRES, cells[-len(_GENRES) :], strict=True)
        titles[int(cells[0])] = cells[1]
        genres[int(cells[0])] = "|".join(name for name, mark in marks if mark == "1")
    return titles, genres
