"""How long interactions take from a file to histories, by step, and at which memory.

    python -m tests.benchmarks.interactions_import [--events 10000000] [--folder DIR]

A CSV of users, items, ratings and times is made, read, filtered to its 5-core, sorted into
histories and split. Printed are seconds and the largest memory of the process so far.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pushforward.studio.formats.interactions.events import File, read_events
from pushforward.studio.formats.interactions.histories import Filters, Histories, make_histories
from pushforward.studio.formats.interactions.layouts import find_layout
from pushforward.studio.formats.interactions.sources import Source
from tests.benchmarks.smallest import parse


def main(argv: Sequence[str] | None = None) -> None:
    """Make the file, read it, print the table."""
    parser = argparse.ArgumentParser(prog="interactions_import", description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="a disk with room for the file")
    given = parse(parser, argv, events=20_000)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = make(Path(folder) / "ratings.csv", given.events)
        print(f"{given.events:,} events, {path.stat().st_size / 1e6:,.0f} MB")
        clock = Clock()
        source = Source(path)
        layout = find_layout(source)
        assert layout is not None
        events = read_events([File(source, layout)])
        clock.tell("load")
        histories = make_histories(events, Filters())
        clock.tell(f"5-core and sort: {len(histories):,} users, {len(histories.codes):,} items")
        split_by_user(histories)
        clock.tell("8:2 split by user")
        split_by_time(histories)
        clock.tell("global split by time")
        rows = sum(len(block["x"]) for block in histories.blocks(200))
        clock.tell(f"{rows:,} rows of 200")


def make(path: Path, events: int) -> Path:
    """Write events of a long tail, some at a time."""
    rng = np.random.default_rng(0)
    with open(path, "w") as file:
        file.write("userId,movieId,rating,timestamp\n")
        for start in range(0, events, 500_000):
            n = min(500_000, events - start)
            user = rng.integers(1, max(2, events // 140), n)
            item = 1 + (max(20, events // 300) * rng.random(n) ** 3).astype(int)
            rating, at = rng.integers(1, 11, n) / 2, rng.integers(10**9, 15 * 10**8, n)
            lines = zip(user.tolist(), item.tolist(), rating.tolist(), at.tolist(), strict=True)
            file.writelines(f"{u},{i},{r},{t}\n" for u, i, r, t in lines)
    return path


def split_by_user(histories: Histories) -> np.ndarray:
    """Return which events are of the first 80 % of a user."""
    lengths = histories.lengths
    place = np.arange(len(histories.items)) - np.repeat(histories.starts[:-1], lengths)
    return place < np.repeat(np.floor(0.8 * lengths), lengths)


def split_by_time(histories: Histories) -> np.ndarray:
    """Return which events are among the first 80 % of all."""
    assert histories.time is not None
    n = int(0.8 * len(histories.time))
    return histories.time < np.partition(histories.time, n)[n]


class Clock:
    """Prints how long each step took."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._began, self._worked = time.perf_counter(), time.process_time()

    def tell(self, what: str) -> None:
        """Print the time since the last step, and the memory."""
        took, worked = time.perf_counter() - self._began, time.process_time() - self._worked
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{took:6.2f} s  {worked:6.2f} CPU s  {memory:6,.0f} MB  {what}")
        self._start()


if __name__ == "__main__":
    main()
