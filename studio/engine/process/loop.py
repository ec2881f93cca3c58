"""The main loop of the engine: commands, steps of jobs, and chores, in turn on one thread."""

from pushforward.studio.engine.process import (
    attach_command,
    edit_commands,
    file_commands,
    nearest_command,
    transfer_commands,
)
from pushforward.studio.engine.process.commands import dispatch
from pushforward.studio.engine.process.engine import Engine
from pushforward.studio.engine.race import commands as race_commands
from pushforward.studio.protocol.messages import Shutdown

__all__ = ["work"]

MORE_COMMANDS = (
    attach_command,
    edit_commands,
    file_commands,
    nearest_command,
    race_commands,
    transfer_commands,
)
"""Modules that register handlers of their own for `dispatch`, by being imported."""


def work(engine: Engine) -> None:
    """Work until the other side is gone or says so; then save and return."""
    inbox, step = engine.inbox, engine.queue.step
    while not inbox.leaving:
        if inbox.commands:
            dispatch(engine, inbox.commands.popleft())
            continue
        wait = step()
        if engine.chores:
            engine.work_chore()
            continue
        if wait != 0.0:
            inbox.wait(wait)
    # The end of the input may overtake the word that it is wanted.
    asked = engine.asked or any(isinstance(each, Shutdown) for each in inbox.commands)
    engine.queue.leave(engine.checkpoint, asked=asked)
