"""Several processes that train one run: how they are started, what they tell each other.

Rank 0 is the process that records: the engine, or the command line. It starts the others, or
torchrun has started all. Every process draws the same batch and the same noise, takes its share of
the rows through the network, and adds up the gradients (`models.training.trained`); so weights,
averages, clipping and everything that is no gradient are the same bits in all of them. Before each
step rank 0 says what comes: a step, an edit, or the end.

Processes of one computer meet through a file in a private folder; those of torchrun as its
environment says. Nothing that is received is unpickled: messages are numbers and JSON.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
import torch
from torch import Tensor

from pushforward.models.contracts.batch import Batch
from pushforward.studio.engine.data.batches import Batches
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.launch import own_command, own_env, own_rank, popen_options
from pushforward.studio.protocol.spec import Edit

__all__ = [
    "FOLDER",
    "Announced",
    "Plan",
    "RankGroup",
    "local_rank",
    "meeting_folder",
    "own_rank",
    "own_world",
    "start_ranks",
]

FOLDER = "PUSHFORWARD_RANKS"
"""Environment variable of a process that rank 0 started: the folder in which they meet."""
CHECK_EVERY = 1000  # steps between comparisons of the weights, before and after one
PATIENCE = 300.0  # seconds for all to start, on a cold disk
FOREVER = timedelta(days=365)  # of a paused training
POLL = 0.05
_STEP, _EDIT, _END, _CHECK, _PLAN = range(5)
Message: TypeAlias = "Plan | Edit | int | Literal['check', 'end']"


class Plan(msgspec.Struct, kw_only=True):
    """What the other processes have to open, as rank 0 has.

    Attributes:
        run: the run folder.
        checkpoint: step of the checkpoint from which it goes on, None for the start.
        horizon: the length of schedules, in steps.
        device: of rank 0, "cuda" or "cpu".
    """

    run: str
    checkpoint: int | None
    horizon: int
    device: str


def local_rank() -> int:
    """Return the number of this process on its computer, which is that of its GPU."""
    return int(os.environ.get("LOCAL_RANK", own_rank()))


def meeting_folder() -> Path | None:
    """Return the folder where this process meets the one that started it, None with torchrun."""
    return Path(os.environ[FOLDER]) if FOLDER in os.environ else None


def own_world() -> int | None:
    """Return the number of processes that torchrun has started, None without it."""
    text = os.environ.get("WORLD_SIZE", "")
    return int(text) if text.isdecimal() and int(text) > 1 else None


class RankGroup:
    """The processes of a training; see `models.contracts.execution.Ranks`.

    Raises:
        Refused: from any method: one of the others has ended.
    """

    def __init__(self, rank: int, world: int, folder: Path | None) -> None:
        """Join the others, which takes until all are there. ``folder`` is where processes of one
        computer meet, None with torchrun.
        """
        import torch.distributed as dist

        self.rank, self.world = rank, world
        self._children: list[subprocess.Popen[bytes]] = []
        self._folder = folder if rank == 0 else None
        self._dist = dist
        if folder is not None and sys.platform == "linux":
            os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")  # nobody else can connect
        if torch.cuda.is_available():
            torch.cuda.set_device(local_rank())
        # No backend named: gloo for messages and a CPU, NCCL for GPUs.
        dist.init_process_group(
            init_method="env://" if folder is None else f"file://{folder / 'store'}",
            rank=rank,
            world_size=world,
            timeout=FOREVER,
        )

    def add_up(self, numbers: Tensor) -> None:
        """Replace numbers by their sums over all processes."""
        self._call(lambda: self._dist.all_reduce(numbers))

    # From rank 0 to the others

    def send_step(self, step: int) -> None:
        """Let the others do a step, and now and then compare the weights before it."""
        self._send(_STEP, step)

    def send_edit(self, edit: Edit) -> None:
        """Let the others make a change."""
        self._send_text(_EDIT, edit)

    def send_plan(self, plan: Plan) -> None:
        """Tell the others what they train."""
        self._send_text(_PLAN, plan)

    def check(self, state: int) -> None:
        """Compare a fingerprint of the weights with those of the others.

        Raises:
            Refused: they differ.
        """
        if self.rank == 0:
            self._send(_CHECK, 0)
        ours = torch.tensor([state], dtype=torch.int64)
        both = torch.cat([ours, -ours])
        self._call(lambda: self._dist.all_reduce(both, self._dist.ReduceOp.MAX))
        highest, lowest = both.tolist()
        if highest != -lowest:
            raise Refused(
                "The processes of the training have different weights.",
                "Resume from the last checkpoint, with training.devices=1 if it happens again.",
            )

    def receive(self) -> Message:
        """Return what comes next: a `Plan`, an edit, the number of a step, or a word."""
        numbers = torch.zeros(2, dtype=torch.int64)
        self._call(lambda: self._dist.broadcast(numbers, 0))
        kind, n = numbers.tolist()
        if kind == _STEP:
            return int(n)
        if kind in (_CHECK, _END):
            return "check" if kind == _CHECK else "end"
        text = torch.zeros(n, dtype=torch.uint8)
        self._call(lambda: self._dist.broadcast(text, 0))
        data = text.numpy().tobytes()
        if kind == _PLAN:
            return msgspec.json.decode(data, type=Plan)
        edit: Edit = msgspec.json.decode(data, type=Edit)
        return edit

    def close(self) -> None:
        """Let the others end, wait for those that this process started, and leave."""
        try:
            if self.rank == 0:
                self._send(_END, 0)
        except Refused:
            pass  # they have ended already
        self._dist.destroy_process_group()
        for child in self._children:
            try:
                child.wait(10.0)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def own(self, children: list[subprocess.Popen[bytes]]) -> None:
        """Take over processes, which `close` waits for."""
        self._children = children

    def _send(self, kind: int, n: int) -> None:
        numbers = torch.tensor([kind, n], dtype=torch.int64)
        self._call(lambda: self._dist.broadcast(numbers, 0))

    def _send_text(self, kind: int, value: msgspec.Struct) -> None:
        data = msgspec.json.encode(value)
        self._send(kind, len(data))
        text = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        self._call(lambda: self._dist.broadcast(text, 0))

    def _call(self, what: Callable[[], Any]) -> None:
        try:
            what()
        except RuntimeError as error:  # torch's word for a connection that ended
            raise Refused(
                f"A process of the training has ended: {str(error).splitlines()[0]}",
                "Resume continues from the last checkpoint.",
            ) from error


class Announced:
    """The batches of rank 0: with each one taken, the others do their part of the step."""

    def __init__(self, batches: Batches, ranks: RankGroup, fingerprint: Callable[[], int]) -> None:
        self._batches, self._ranks, self._fingerprint = batches, ranks, fingerprint

    def batch(self, step: int) -> Batch:
        """Return the batch of a step (from 0)."""
        if step % CHECK_EVERY in (0, 1):
            self._ranks.check(self._fingerprint())
        self._ranks.send_step(step)
        return self._batches.batch(step)


def start_ranks(plan: Plan, world: int) -> Generator[bool, None, RankGroup]:
    """Start the other processes of a training, unless torchrun has, and join them; yields False
    meanwhile.

    Raises:
        Refused: they do not start in time, or one ended.
    """
    if own_world() is not None:
        group = RankGroup(0, world, None)
        group.send_plan(plan)
        return group
    folder = Path(tempfile.mkdtemp(prefix="pushforward-ranks-"))
    children = []
    try:
        for rank in range(1, world):
            env = {**own_env(), "RANK": str(rank), "WORLD_SIZE": str(world), FOLDER: str(folder)}
            with (folder / f"rank-{rank}.log").open("wb") as log:
                child = subprocess.Popen(
                    own_command("run", plan.run, "--resume"),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    **popen_options(env),
                )
            children.append(child)
        begun = time.monotonic()
        while not all((folder / f"ready-{rank}").exists() for rank in range(1, world)):
            for rank, child in enumerate(children, 1):
                if child.poll() is not None:
                    said = (folder / f"rank-{rank}.log").read_text(errors="replace")[-2000:]
                    raise Refused(f"Process {rank} of the training did not start: {said.strip()}")
            if time.monotonic() - begun > PATIENCE:
                raise Refused(f"The {world} processes of the training did not start in time.")
            yield False
            time.sleep(POLL)
        group = RankGroup(0, world, folder)
        group.own(children)
        group.send_plan(plan)
    except BaseException:  # also where the job is cancelled meanwhile
        for child in children:
            child.kill()
            child.wait()
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return group
