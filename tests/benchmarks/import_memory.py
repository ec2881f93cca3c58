"""How much memory an import takes: the engine's process and the one that reads, sampled meanwhile.

    python -m tests.benchmarks.import_memory [--megabytes 1000] [--format h5] [--folder DIR]

A table of 16 columns of that size is made, and imported by the job that the engine steps. What is
told is what each process had before and the most it had, and how long a step of the engine took
at worst. Kept pages of files that are mapped by nobody are not of either.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import psutil

from pushforward.studio.engine.data.file_reader import inspect
from pushforward.studio.engine.jobs.import_job import ImportJob
from pushforward.studio.engine.process.sink import CallbackSink
from pushforward.studio.protocol.messages import ImportData
from pushforward.studio.store.project import Project
from tests.benchmarks.smallest import parse

COLUMNS = 16
BLOCK = 2**18


def main(argv: Sequence[str] | None = None) -> None:
    """Make the table, import it, print the table of figures."""
    parser = argparse.ArgumentParser(prog="import_memory", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--format", choices=["h5", "npy"], default="h5")
    parser.add_argument("--folder", type=Path, help="a disk with room for the table, twice")
    given = parse(parser, argv, megabytes=1)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder) / f"table.{given.format}"
        rows = make(path, given.megabytes * 10**6 // (4 * COLUMNS))
        began = time.monotonic()
        inspect([path])
        print(f"looked into in {time.monotonic() - began:.1f} s")
        imported(path, Path(folder) / "project", rows)


def make(path: Path, rows: int) -> int:
    """Write normal numbers (rows, 16) float32, in parts."""
    rng = np.random.default_rng(0)
    some = rng.normal(size=(BLOCK, COLUMNS)).astype(np.float32)
    if path.suffix == ".npy":
        x = np.lib.format.open_memmap(path, "w+", np.float32, (rows, COLUMNS))
        for start in range(0, rows, BLOCK):
            x[start : start + BLOCK] = some[: rows - start]
        x.flush()
        return rows
    with h5py.File(path, "w") as file:
        data = file.create_dataset(
            "x", (rows, COLUMNS), "f4", chunks=(min(rows, BLOCK // 16), COLUMNS)
        )
        for start in range(0, rows, BLOCK):
            data[start : start + BLOCK] = some[: rows - start]
    return rows


def imported(path: Path, project: Path, rows: int) -> None:
    """Import it, and print what the two processes had meanwhile."""
    here = psutil.Process()
    before, most, reader, slowest = here.memory_info().rss, 0, 0, 0.0
    columns = [f"x{k + 1}" for k in range(COLUMNS)]
    command = ImportData(
        files=[str(path)], project=str(project), name="table", options={"columns": columns}
    )
    work = ImportJob("a", command, CallbackSink(lambda event: None)).work()
    began = time.monotonic()
    last = looked = began
    for _ in work:
        now = time.monotonic()
        slowest, last = max(slowest, now - last), now
        if now - looked > 0.05:
            looked = now
            most = max(most, here.memory_info().rss)
            reader = max([reader, *map(_rss, here.children())])
    seconds = time.monotonic() - began
    assert Project.open(project).dataset("table").record.rows == rows
    print(f"{path.stat().st_size / 1e6:,.0f} MB, {rows:,} rows: imported in {seconds:.1f} s")
    print(f"engine before      {before / 1e6:8.0f} MB")
    print(f"engine at most     {most / 1e6:8.0f} MB (+{(most - before) / 1e6:.0f})")
    print(f"reader at most     {reader / 1e6:8.0f} MB")
    print(f"longest step       {1e3 * slowest:8.0f} ms")


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


if __name__ == "__main__":
    main()
