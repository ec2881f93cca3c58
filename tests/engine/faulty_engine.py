"""The real engine with one family more, which has an accident at a chosen step.

It is a script of its own, so that the engine needs no door for faults. The accident happens once:
a marker file tells the next life that it is over.
"""

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from torch import Tensor

from pushforward.models.config import param
from pushforward.models.contracts.state import State
from pushforward.models.families.edm import Edm, EdmConfig
from pushforward.models.registry import family
from pushforward.studio.engine.main import main

Fault = Literal[
    "none",
    "raises",
    "memory",
    "nan",
    "exits",
    "segfault",
    "stops",
    "stuck",
    "prints",
    "killed-saving",
    "disk-full",
    "disk-fills",
]


class FaultyConfig(EdmConfig, frozen=True):
    fault: Annotated[Fault, param("Fault", "What happens.")] = "none"
    at: Annotated[int, param("At", "At which step of this life.", low=1)] = 60
    marker: Annotated[str, param("Marker", "A file that is made when it happens.")] = ""


@family(
    "faulty",
    title="Faulty",
    summary="An EDM diffusion that has an accident.",
    source="tests",
    config=FaultyConfig,
    capabilities=("velocity", "denoiser", "likelihood"),
)
class Faulty(Edm):
    def __init__(self, config: FaultyConfig, *args: Any, **more: Any) -> None:
        super().__init__(config, *args, **more)
        self._plan = config
        self._count = 0

    def step(self, batch: Tensor) -> dict[str, Tensor]:
        self._count += 1
        metrics = super().step(batch)
        saving = self._plan.fault in ("killed-saving", "disk-full", "disk-fills")
        if self._count >= self._plan.at and not saving and self._first_time():
            return self._accident(metrics)
        return metrics

    def state(self) -> State:
        """Asked for by the checkpoint that is written next."""
        if self._count >= self._plan.at and self._first_time():
            match self._plan.fault:
                case "killed-saving":
                    _next_sync(_die)
                case "disk-fills":
                    _next_sync(_no_space)
                case "disk-full":
                    _next_look_at_the_disk(free=1000)
        return super().state()

    def _first_time(self) -> bool:
        marker = Path(self._plan.marker)
        if self._plan.fault == "none" or marker.exists():
            return False
        marker.touch()
        return True

    def _accident(self, metrics: dict[str, Tensor]) -> dict[str, Tensor]:
        match self._plan.fault:
            case "raises":
                raise ZeroDivisionError("a mistake of the family")
            case "memory":
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9.00 GiB.")
            case "nan":
                return {**metrics, "loss": torch.tensor(float("nan"))}
            case "exits":
                raise SystemExit(7)
            case "segfault":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "stops":
                os.kill(os.getpid(), signal.SIGSTOP)
            case "stuck":
                time.sleep(60)
            case "prints":
                sys.stdout.write("a library says hello" * 1000)
                sys.stdout.flush()
                os.write(1, bytes(range(256)))
                subprocess.run([sys.executable, "-c", "print('a child, too')"], check=True)
        return metrics


def _next_look_at_the_disk(free: int) -> None:
    """Let there be no room once; somebody frees some then."""
    usage = shutil.disk_usage

    def once(path: Any) -> Any:
        shutil.disk_usage = usage
        return usage(path)._replace(free=free)

    shutil.disk_usage = once


def _next_sync(accident: Any) -> None:
    """Let the next flush to the disk, that of the checkpoint, have an accident."""
    sync = os.fsync

    def once(handle: int) -> None:
        os.fsync = sync
        accident()

    os.fsync = once


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _no_space() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


if __name__ == "__main__":
    main()
