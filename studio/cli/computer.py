"""Use another computer through ssh: test it, list its runs, copy a run here, stop its engine.

An address is HOST or HOST:FOLDER, where HOST is a name of ~/.ssh/config or user@host. The engine
there goes on when the connection is gone. Keys, passwords and host keys are handled by ssh.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from pushforward.studio.cli.arguments import add_project
from pushforward.studio.cli.terminal import complain, say
from pushforward.studio.client.child import ChildProcess
from pushforward.studio.client.client import EngineClient
from pushforward.studio.client.errors import CommandFailed, EngineError
from pushforward.studio.launchers.address import parse_address
from pushforward.studio.launchers.check import check_computer
from pushforward.studio.launchers.fetching import fetch_run, list_runs
from pushforward.studio.launchers.ssh import DEFAULT_COMMAND, SshLauncher
from pushforward.studio.store.errors import human_bytes
from pushforward.studio.store.project import Project
from pushforward.studio.version import program_version
from pushforward.studio.workflows.errors import UsageError

__all__ = ["HELP", "add_arguments", "run"]

HELP = "use another computer through ssh: test, list runs, fetch a run, stop its engine"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands."""
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    testing = _add(commands, "test", "say step by step what works, and what to do where not")
    testing.set_defaults(work=_test)
    listing = _add(commands, "list", "list the runs of the folder there")
    listing.set_defaults(work=_list)
    fetching = _add(commands, "fetch", "copy a run from there into a project here, verified")
    fetching.add_argument("run", metavar="RUN", help="the run's folder name, such as 0003-edm")
    add_project(fetching)
    fetching.set_defaults(work=_fetch)
    stopping = _add(commands, "stop", "save what is trained there, and end the engine")
    stopping.set_defaults(work=_stop)


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text)
    parser.add_argument("address", metavar="HOST[:FOLDER]", help="the computer, and a folder there")
    parser.add_argument(
        "--command",
        default=DEFAULT_COMMAND,
        metavar="WORDS",
        dest="remote",
        help=f"what starts an engine there, as a shell reads it (default: {DEFAULT_COMMAND})",
    )
    parser.add_argument(
        "--ssh-option",
        action="append",
        default=[],
        metavar="WORD",
        help="one more argument of ssh (repeatable), such as --ssh-option=-p2222",
    )
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Do what the subcommand says."""
    try:
        launcher = parse_address(arguments.address).launcher(
            arguments.remote, tuple(arguments.ssh_option)
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    status: int = arguments.work(arguments, launcher)
    return status


def _test(arguments: argparse.Namespace, launcher: SshLauncher) -> int:
    async def work() -> bool:
        fine = True
        async for step in check_computer(launcher, program_version()):
            say(f"{'ok  ' if step.ok else 'FAIL'}  {step.title}: {step.found}")
            if step.advice:
                say(f"      {step.advice}")
            fine &= step.ok
        return fine

    return 0 if asyncio.run(work()) else 1


def _list(arguments: argparse.Namespace, launcher: SshLauncher) -> int:
    async def work(client: EngineClient, folder: str) -> None:
        for name in await list_runs(client, folder):
            say(name)

    return _connected(launcher, work)


def _fetch(arguments: argparse.Namespace, launcher: SshLauncher) -> int:
    project = Project.open_or_create(Path(arguments.project).expanduser())

    async def work(client: EngineClient, folder: str) -> None:
        steps = [0]

        def progress(done: int, total: int) -> None:
            tenth = 10 * done // max(total, 1)
            if tenth > steps[0]:
                steps[0] = tenth
                say(f"{human_bytes(done)} of {human_bytes(total)}")

        run = await fetch_run(client, f"{folder}/runs/{arguments.run}", project, progress)
        say(f"copied to {run.path}, every file verified")

    return _connected(launcher, work)


def _stop(arguments: argparse.Namespace, launcher: SshLauncher) -> int:
    import subprocess

    from pushforward.studio.launch import popen_options

    return subprocess.run(launcher.stop_command(), check=False, **popen_options()).returncode


def _connected(launcher: SshLauncher, work: Callable[[EngineClient, str], Awaitable[None]]) -> int:
    """Connect, do something with the client and the folder's full path there, and hang up."""

    async def connected() -> None:
        client = EngineClient(
            lambda: ChildProcess(launcher.command()),
            timeouts=launcher.timeouts,
            auto_restart=False,
        )
        ready = await client.start()
        try:
            await work(client, ready.folder)
        finally:
            await client.detach()

    try:
        asyncio.run(connected())
    except (CommandFailed, EngineError) as error:
        complain(
            error.info.message, *(text for text in (error.info.hint, error.info.details) if text)
        )
        return 1
    return 0
