"""A long walk with altered files and frames: ``python -m tests.fuzz --minutes 10 [--only hdf5]``.

Each format and the protocol get an equal share of the time. The first thing that comes out and is
not documented ends the walk; the file is kept beside the message.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.importers import check, files, slugs, suffix
from tests.fuzz.protocol import ARRAYS, check_arrays, check_stream, streams
from tests.fuzz.worker import Worker

BATCH = 500
PROTOCOL = "protocol"


def main() -> None:
    """Walk, and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--only", choices=[*slugs(), PROTOCOL])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", type=Path, help="where files are kept that ended the worker")
    given_ = parser.parse_args()
    names = [given_.only] if given_.only else [*slugs(), PROTOCOL]
    seconds = 60.0 * given_.minutes / len(names)
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            _walk(name, Path(folder), seconds, given_.seed, given_.keep)


def _walk(name: str, folder: Path, seconds: float, start: int, keep: Path | None) -> None:
    """Walk with one format, or the protocol, for so long."""
    worker = Worker(folder / "errors")
    outcomes: Counter[str] = Counter()
    slowest = [0.0]
    if name == PROTOCOL:
        arrays = st.dictionaries(st.sampled_from(["x", "y"]), ARRAYS, max_size=2)
        inputs: st.SearchStrategy[object] = streams() | st.tuples(arrays, st.binary(max_size=40))
        once: Callable[..., str] = _protocol
    else:
        inputs = files(name, folder)
        once = partial(_file, name, folder / f"p{suffix(name)}", worker, keep)

    def step(value: object) -> None:
        began = time.monotonic()
        outcomes[once(value)] += 1
        slowest[0] = max(slowest[0], time.monotonic() - began)

    end = time.monotonic() + seconds
    batch = start
    try:
        while time.monotonic() < end:
            walk = settings(
                max_examples=BATCH,
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )(given(inputs)(step))
            seed(batch)(walk)()
            batch += 1
    finally:
        worker.close()
        counts = ", ".join(f"{n:,} {word}" for word, n in outcomes.most_common())
        total = sum(outcomes.values())
        print(f"{name}: {total:,} ({counts}); slowest {slowest[0]:.2f} s; seeds {start} to {batch}")


def _file(slug: str, path: Path, worker: Worker, keep: Path | None, content: bytes) -> str:
    try:
        outcome = check(slug, path, content, worker)
    except AssertionError:
        kept = Path(f"fuzz-{slug}-{hash(content):x}{path.suffix}")
        kept.write_bytes(content)
        print(f"kept as {kept}")
        raise
    if keep is not None and outcome.startswith("signal"):
        (keep / f"{slug}-{hash(content) & 0xFFFFFFFF:08x}{path.suffix}").write_bytes(content)
    return outcome


def _protocol(value: tuple[object, ...]) -> str:
    first, second = value
    if isinstance(first, dict):
        assert isinstance(second, bytes)
        return check_arrays(first, second)
    assert isinstance(second, list)
    return check_stream(first, second)


if __name__ == "__main__":
    main()
