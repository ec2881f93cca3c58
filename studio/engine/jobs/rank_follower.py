"""Do the share of one process in a training that another process records."""

from pathlib import Path

from pushforward.models.contracts.learner import finish
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.run.ranks import (
    Plan,
    RankGroup,
    meeting_folder,
    own_world,
)
from pushforward.studio.engine.run.session import fingerprint
from pushforward.studio.engine.run.session_opening import join_session
from pushforward.studio.launch import own_rank
from pushforward.studio.store.run import RunFolder

__all__ = ["follow_rank"]


def follow_rank() -> int:
    """Join the training of rank 0 and do what it says until it ends; return the exit status.

    Raises:
        Refused, ConfigError, StoreError: the run cannot be opened here, or rank 0 has ended.
    """
    discover()
    world, folder = own_world(), meeting_folder()
    if world is None:
        raise ValueError("no other process shares this training")
    if folder is not None:
        (folder / f"ready-{own_rank()}").touch()
    ranks = RankGroup(own_rank(), world, folder)
    session = None
    while (message := ranks.receive()) != "end":
        if isinstance(message, Plan):
            session = join_session(RunFolder(Path(message.run)), message, ranks)
            finish(session.prepare())
            continue
        assert session is not None
        if message == "check":
            ranks.check(fingerprint(session.family))
        elif isinstance(message, int):
            session.family.step(session.batches.batch(message))
        else:
            session.change(message)
    ranks.close()
    return 0
