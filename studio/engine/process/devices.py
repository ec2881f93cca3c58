"""Devices: what this machine offers, which is used, and why."""

import os
import platform
import warnings
from dataclasses import dataclass
from typing import Self

import psutil
import torch

from pushforward.studio.engine.process.allocator import keep_freed_memory
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.protocol.catalog import Device

__all__ = [
    "GpuMode",
    "TorchState",
    "choose",
    "choose_any",
    "configure",
    "devices",
    "summary",
    "thread_count",
]

_MAX_THREADS = 16


def devices() -> list[Device]:
    """Return every kind of device, the offered and the missing, each with the reason."""
    return [*_cuda(), _mps(), _cpu()]


def _cpu() -> Device:
    name = platform.processor() or platform.machine() or "CPU"
    threads = thread_count(0)
    cores = os.cpu_count() or 1
    reason = f"Always available; uses {threads} of {cores} cores, leaving the rest for the window."
    if threads >= cores:
        reason = "Always available; a single core, shared with the window."
    total = int(psutil.virtual_memory().total)
    title = f"CPU ({name})"
    return Device(
        name="cpu", title=title, available=True, reason=reason, memory=total, threads=threads
    )


def _cuda() -> list[Device]:
    if torch.version.cuda is None and torch.version.hip is None:
        return [_missing("cuda", "NVIDIA GPU", "This build of torch has no CUDA.")]
    if not _cuda_works():
        reason = "torch has CUDA, but found no NVIDIA GPU with a working driver."
        return [_missing("cuda", "NVIDIA GPU", reason)]
    found = []
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        found.append(
            Device(
                name=f"cuda:{index}",
                title=properties.name,
                available=True,
                reason=f"Found by torch, compute capability {properties.major}.{properties.minor}.",
                memory=int(properties.total_memory),
            )
        )
    return found


def _cuda_works() -> bool:
    # A driver that is too old makes torch warn; the person reads our sentence instead.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bool(torch.cuda.is_available())


def _mps() -> Device:
    backend = torch.backends.mps
    if not backend.is_built():
        return _missing("mps", "Apple GPU", "This build of torch has no Metal (MPS).")
    if not backend.is_available():
        return _missing("mps", "Apple GPU", "MPS needs macOS 12.3 or later on Apple silicon.")
    return Device(name="mps", title="Apple GPU", available=True, reason="Found by torch.")


def _missing(name: str, title: str, reason: str) -> Device:
    return Device(name=name, title=title, available=False, reason=reason)


def choose(wanted: str) -> tuple[torch.device, str]:
    """Return the device for a setting ("auto", "cpu", "cuda", "mps") and the reason.

    Raises:
        Refused: the wanted device is not there.
    """
    found = devices()
    if wanted == "auto":
        best = next(d for d in found if d.available)
        if best.name != "cpu":
            return torch.device(best.name), f"{best.title}: {best.reason}"
        return torch.device("cpu"), f"CPU, since there is no GPU: {found[0].reason}"
    match = next((d for d in found if d.name.split(":")[0] == wanted and d.available), None)
    if match is None:
        why = next(d.reason for d in found if d.name.split(":")[0] == wanted)
        raise Refused(
            f"The device {wanted!r} is not available. {why}",
            "Choose automatic or the CPU.",
            kind="device",
            path="training.device",
        )
    return torch.device(match.name), f"{match.title}, as chosen."


def choose_any(wanted: str) -> tuple[torch.device, str]:
    """Return the device of a setting and the reason; the CPU replaces one that no longer exists."""
    try:
        return choose(wanted)
    except Refused as refused:
        return torch.device("cpu"), refused.info.message


def summary() -> str:
    """Say in a sentence what "auto" takes, and why."""
    device, reason = choose("auto")
    return f"{device}: {reason}"


def thread_count(wanted: int) -> int:
    """Return torch's thread count; 0 leaves a core to the screen (half of them on big machines).

    The count is a function of the machine alone: another count may round differently, and a run
    must give the same losses with and without a screen.
    """
    if wanted:
        return wanted
    cores = os.cpu_count() or 1
    return max(1, min(cores - 1, max(2, cores // 2), _MAX_THREADS))


@dataclass(frozen=True)
class GpuMode:
    """How an NVIDIA GPU computes. PyTorch has these switches once for the process; the queue sets
    them again whenever it turns to another job (`TorchState`).

    Attributes:
        deterministic: use only algorithms that repeat bit for bit. They are slower.
        precision: of products of float32 matrices, as `torch.set_float32_matmul_precision` has it:
            "high" is TF32, "highest" is float32.
    """

    deterministic: bool = False
    precision: str = "high"

    def apply(self) -> None:
        """Set the switches."""
        if torch.are_deterministic_algorithms_enabled() != self.deterministic:
            # Importing what it switches takes two seconds, before the first picture of a run.
            torch.use_deterministic_algorithms(self.deterministic, warn_only=True)
        torch.set_float32_matmul_precision(self.precision)

    def describe(self) -> str:
        """Return the mode as sentences for the log of a run."""
        repeats = (
            "This run repeats bit for bit on this GPU."
            if self.deterministic
            else "This run does not repeat bit for bit: choose Deterministic on a GPU for that."
        )
        return (
            f"Matrix precision: {self.precision}. {repeats} Random numbers differ from those of a "
            "CPU, so values recorded on another device do not apply."
        )


@dataclass(frozen=True)
class TorchState:
    """The settings of PyTorch that apply to the whole process and belong to one job."""

    threads: int
    mode: GpuMode

    @classmethod
    def current(cls) -> Self:
        """Return the present settings."""
        deterministic = torch.are_deterministic_algorithms_enabled()
        mode = GpuMode(deterministic, torch.get_float32_matmul_precision())
        return cls(torch.get_num_threads(), mode)

    def apply(self) -> None:
        """Restore these settings."""
        now = self.current()
        if now.threads != self.threads:
            torch.set_num_threads(self.threads)
        if now.mode != self.mode:
            self.mode.apply()


def configure(device: torch.device, threads: int, mode: GpuMode | None = None) -> None:
    """Set torch up for a job: thread count, memory, and how a GPU computes.

    A CPU always repeats bit for bit in float32.
    """
    keep_freed_memory()
    count = thread_count(threads)
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
    if device.type == "cuda":
        # cuBLAS repeats exactly only with a fixed workspace, read when its handle is made.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        (mode or GpuMode()).apply()
    else:
        GpuMode(precision="highest").apply()
