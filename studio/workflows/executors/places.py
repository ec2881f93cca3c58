"""Where ``--on`` lets runs be trained."""

from collections.abc import Callable

from pushforward.spelling import ask_whether
from pushforward.studio.launchers.address import parse_address
from pushforward.studio.launchers.computers import Computer
from pushforward.studio.store.errors import StoreError
from pushforward.studio.workflows.errors import UsageError
from pushforward.studio.workflows.executors.executor import Executor
from pushforward.studio.workflows.executors.local import LocalExecutor

__all__ = ["HELP_ON", "open_executor"]

HELP_ON = (
    "where runs are trained: a computer of Preferences > Computers or HOST:FOLDER (by ssh; "
    "default: this computer)"
)


def open_executor(on: str, at_once: int, report: Callable[[str], None]) -> Executor:
    """Return what trains runs at a place.

    Raises:
        UsageError: there is no such place.
        StoreError: it cannot be reached.
    """
    if not on:
        return LocalExecutor(at_once)
    from pushforward.studio.client import EngineStartFailed
    from pushforward.studio.workflows.executors.remote import RemoteExecutor

    try:
        return RemoteExecutor(find_computer(on).launcher(), at_once, report)
    except EngineStartFailed as error:
        info = error.info
        hint = f"{info.details.strip()} {info.hint}".strip()
        raise StoreError(f"{on}: {info.message}", hint, kind="user") from error


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
