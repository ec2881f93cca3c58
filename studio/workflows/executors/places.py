"""Where ``--on`` lets runs be trained."""

from collections.abc import Callable

import msgspec

from pushforward.spelling import ask_whether
from pushforward.studio.launchers.address import parse_address
from pushforward.studio.launchers.computers import Computer
from pushforward.studio.protocol.slurm import Slurm
from pushforward.studio.store.errors import StoreError
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.executors.executor import Executor
from pushforward.studio.workflows.executors.local import LocalExecutor

__all__ = ["HELP_GPUS", "HELP_ON", "HELP_SLURM", "open_executor"]

HELP_ON = (
    "where runs are trained: a computer of Preferences > Computers or HOST:FOLDER by ssh, or a Ray "
    "cluster: ray, ray://HOST:PORT; or slurm, on a computer that has it (default: this computer)"
)
HELP_SLURM = (
    "with --on slurm or a computer: submit runs by Slurm, with partition=gpu,gpus=1,minutes=240"
)
HELP_GPUS = "GPUs of a run on Ray; a fraction if several share one (default: 1 if there is one)"


def open_executor(
    on: str,
    at_once: int,
    report: Callable[[str], None],
    gpus: float | None = None,
    slurm: str | None = None,
) -> Executor:
    """Return what trains runs at a place; ``gpus`` is for a Ray cluster, ``slurm`` are the settings
    of jobs as ``--slurm`` has them.

    Raises:
        UsageError: there is no such place.
        StoreError: it cannot be reached.
    """
    if not on:
        return LocalExecutor(at_once)
    if on == "slurm":
        from pushforward.studio.workflows.executors.slurm import SlurmExecutor

        return SlurmExecutor(parse_slurm(slurm or ""), at_once, report)
    if on == "ray" or on.startswith("ray://"):
        from pushforward.studio.workflows.executors.ray import RayExecutor

        return RayExecutor("auto" if on == "ray" else on, at_once, gpus, report)
    from pushforward.studio.client.errors import EngineStartFailed
    from pushforward.studio.workflows.executors.remote import RemoteExecutor

    try:
        computer = find_computer(on)
        jobs = computer.slurm if slurm is None else parse_slurm(slurm)
        return RemoteExecutor(computer.launcher(), at_once, report, jobs)
    except EngineStartFailed as error:
        info = error.info
        hint = info.details.strip() or info.hint
        raise StoreError(f"{on}: {info.message}", hint, kind="user") from error


def parse_slurm(text: str) -> Slurm:
    """Parse "partition=gpu,gpus=1,minutes=240"; "" are the defaults.

    Raises:
        UsageError: a setting is unknown or a number is out of its range.
    """
    pairs = [part.partition("=") for part in text.split(",") if part]
    values = {key.strip(): value.strip() for key, _, value in pairs}
    try:
        return msgspec.convert(values, Slurm, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"--slurm {text}: {error}; write {HELP_SLURM.partition(', with ')[2]}"
        ) from None


def find_computer(name: str) -> Computer:
    """Return a computer of the preferences by its title or host, or that of an address with ":".

    Raises:
        UsageError: there is none.
    """
    from pushforward.studio.app.core import preferences

    computers = preferences.load().computers
    for computer in computers:
        if name in (computer.title, computer.host):
            return computer
    if ":" in name:
        address = parse_address(name)
        return Computer(host=address.host, folder=address.folder)
    known = [each.title for each in computers]
    hint = ask_whether(name, known, f"known: {', '.join(known) or 'none'}")
    raise UsageError(
        f"--on {name}: no such computer in Preferences > Computers; {hint}; or write HOST:FOLDER"
    )
