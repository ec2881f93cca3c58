"""Have Qt draw recorded samples and print pages, in a process of its own.

Qt ends a process that has no fonts or libraries for it, and the engine loads none of it.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.launch import PAINT_RECORD, PRINT_PAGE, own_command, own_env, popen_options
from pushforward.studio.store.atomic import replacing
from pushforward.studio.store.errors import StoreError

__all__ = ["paint_tiles", "print_page"]


def paint_tiles(
    run: Path, kind: str, steps: Sequence[int], times: Sequence[float], n: int, *, dark: bool
) -> NDArray[np.uint8]:
    """Return the first n samples of a run at some steps and flow times as (S, T, n, h, w, 3).

    Raises:
        StoreError: Qt cannot draw here.
    """
    chosen = [",".join(map(str, steps)), ",".join(map(repr, times)), str(n)]
    with tempfile.TemporaryDirectory(prefix="pushforward-") as made:
        file = Path(made) / "tiles.npy"
        mode = "dark" if dark else "light"
        _run(file, PAINT_RECORD, str(run), kind, *chosen, mode, str(file))
        tiles: NDArray[np.uint8] = np.load(file)
    return tiles


def print_page(body: str, path: Path, title: str) -> None:
    """Print a page of simple HTML with pictures and SVG as PDF.

    Raises:
        StoreError: Qt cannot print here, or the disk refused.
    """
    with tempfile.TemporaryDirectory(prefix="pushforward-") as made:
        page = Path(made) / "page.html"
        page.write_text(body, encoding="utf-8")
        with replacing(path) as temp:
            _run(temp, PRINT_PAGE, str(page), str(temp.absolute()), title)


def _run(made: Path, *words: str) -> None:
    """Run a command of ours that makes a file.

    Raises:
        StoreError: it does not.
    """
    done = subprocess.run(
        own_command(*words), capture_output=True, text=True, check=False, **popen_options(own_env())
    )
    if done.returncode or not made.exists():
        last = done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]
        raise StoreError(
            f"Qt cannot draw here: {last[0]}",
            "Points and images need no Qt; see 'pushforward check' for what is missing.",
            "user",
        )
