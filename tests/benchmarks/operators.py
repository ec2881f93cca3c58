"""How long an operator takes to answer: 64 points of a finished run, warm and cold.

    python -m tests.benchmarks.operators

A small diffusion is trained, then a real engine is started and asked over its streams. "Cold" is
the first question to a fresh engine that is ready for commands; "warm" are those after it, as
answers at once and as results in the run (which are forced to the disk). The pass line is 100 ms
for the median of the warm answers.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pushforward.studio.client.client import EngineClient
from pushforward.studio.engine.jobs import headless
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.spec import Pick, RunSpec
from tests.benchmarks.smallest import parse

LINE = 100.0
TRAINING = {"device": "cpu", "evaluate_samples": 100}


def _spec(steps: int) -> RunSpec:
    return RunSpec(
        name="asked", family=Pick(slug="edm"), dataset=Pick(slug="eight-gaussians"),
        training={**TRAINING, "steps": steps},
    )  # fmt: skip


async def _measure(run: Path, times: int) -> bool:
    client = EngineClient()
    written = asyncio.Queue[str]()
    client.subscribe(
        lambda event, arrays: (
            written.put_nowait(event.job) if isinstance(event, m.ResultWritten) else None
        )
    )
    began = time.perf_counter()
    await client.start()
    print(f"engine ready for commands after {time.perf_counter() - began:6.2f} s")

    async def once(**more: Any) -> float:
        asked = m.Operate(run=str(run), operator="generate", config={"n": 64}, **more)
        began = time.perf_counter()
        await client.request(asked)
        if not more:
            await written.get()
        return 1000 * (time.perf_counter() - began)

    print(f"cold answer                 {await once(inline=True):8.1f} ms")
    medians = {}
    for name, more in (("warm answer", {"inline": True}), ("warm result on disk", {})):
        taken = sorted([await once(**more) for _ in range(times)])
        medians[name] = statistics.median(taken)
        print(f"{name:24}    {medians[name]:8.1f} ms median, {taken[-1]:.1f} ms at most")
    await client.stop()
    return medians["warm answer"] < LINE


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--times", type=int, default=30)
    asked = parse(parser, argv, steps=20, times=2)
    with tempfile.TemporaryDirectory() as folder:
        status = headless.run(_spec(asked.steps), project=Path(folder) / "project")
        assert status.state == "finished", status
        [run] = (Path(folder) / "project" / "runs").glob("0001-*")
        met = asyncio.run(_measure(run, asked.times))
    print(f"under {LINE:g} ms: {'yes' if met else 'NO'}")
    raise SystemExit(not met and not asked.smallest)


if __name__ == "__main__":
    main()
