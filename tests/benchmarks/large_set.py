"""A data set larger than what may be held: how much memory its training takes, and how soon it
begins.

    python -m tests.benchmarks.large_set [gigabytes] [--folder where]

It writes an HDF5 file of rows of 128 numbers, streams it into a project as a data set, and trains
on it for 200 steps, telling the resident memory over time. Everything is deleted at the end.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import torch

from pushforward.studio.engine.data.imported_data import imported
from pushforward.studio.engine.data.stored_rows import STATISTICS
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.jobs.training import TrainingJob
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.process.memory import process_memory
from pushforward.studio.engine.process.sink import CallbackSink
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.project import Project
from pushforward.studio.store.schema import points_schema
from tests.benchmarks.smallest import parse

NUMBERS = 128
STEPS = 200
BATCH = 512
BLOCK = 2**15


def main(argv: Sequence[str] | None = None) -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gigabytes", type=float, nargs="?", default=2.0)
    parser.add_argument("--folder", type=Path)
    options = parse(parser, argv, gigabytes=0.001)
    torch.set_num_threads(1)
    discover()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        _measure(Path(folder), int(options.gigabytes * 1e9 / NUMBERS / 4))


def _measure(folder: Path, rows: int) -> None:
    say = _Clock()
    _write(folder / "large.h5", rows)
    say(f"{(folder / 'large.h5').stat().st_size / 1e9:.2f} GB of HDF5 written, {rows:,} rows")
    project = Project.create(folder / "project", "Large")
    columns = [f"x{i}" for i in range(NUMBERS)]
    with (
        h5py.File(folder / "large.h5") as file,
        project.new_dataset("large", points_schema(columns)) as writer,
    ):
        for start in range(0, rows, BLOCK):
            writer.add({"x": file["x"][start : start + BLOCK]})
    (folder / "large.h5").unlink()
    say("imported")
    data = imported("large", project.path)
    say(f"opened, {len(data.rows):,} rows to learn from")
    data.rows.spec()
    say("statistics measured, once")
    for moment in ("cold", "warm"):
        if moment == "cold":
            (project.dataset("large").path / STATISTICS).unlink(missing_ok=True)
        _train(project, say, moment)


def _train(project: Project, say: "_Clock", moment: str) -> None:
    spec = RunSpec(
        name="large",
        family=Pick(slug="edm"),
        dataset=Pick(slug="project:large"),
        training={"steps": STEPS, "batch": BATCH, "device": "cpu", "particles": 64, "threads": 1},
        metrics=[Pick(slug="sliced-w2")],
    )
    folder = headless.create(spec, project.path)
    say(f"statistics {moment}: run made")
    job = TrainingJob("1", folder, CallbackSink(lambda event: None), total=STEPS)
    job.state = "running"
    start, first, seen = time.perf_counter(), 0.0, -1
    memory: list[int] = []
    for _ in job.work():
        memory.append(process_memory())
        if job.session is not None and not first:
            begun = time.perf_counter()
            job.session.batches.batch(0)
            first = time.perf_counter() - begun
            opened = begun - start
            say(f"opened in {opened:.2f} s, the first batch after {1e3 * first:.0f} ms more")
        if job.step // 40 > seen:
            seen = job.step // 40
            say(f"step {job.step}")
    job.state = "finished"
    job.settle()
    say(
        f"{STEPS} steps of {BATCH} in {time.perf_counter() - start:.1f} s; resident memory "
        f"{min(memory) / 1e6:.0f} to {max(memory) / 1e6:.0f} MB"
    )


def _write(path: Path, rows: int) -> None:
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        x = file.create_dataset("x", (rows, NUMBERS), "f4")
        for start in range(0, rows, BLOCK):
            count = min(BLOCK, rows - start)
            x[start : start + count] = rng.standard_normal((count, NUMBERS), np.float32)


class _Clock:
    """Says what happened, when, and how much memory this process has then."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()

    def __call__(self, text: str) -> None:
        now = time.perf_counter()
        sys.stdout.write(
            f"{now - self._start:7.1f} s (+{now - self._last:5.2f})  "
            f"{process_memory() / 1e6:6.0f} MB  {text}\n"
        )
        sys.stdout.flush()
        self._last = now


if __name__ == "__main__":
    main()
