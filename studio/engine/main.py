"""The engine's process: what happens first, in which order, and how it ends.

The protocol leaves file descriptor 1 before anything can print, and Hello is sent before torch is
imported: the studio shows within a tenth of a second that the engine lives.
"""

import faulthandler
import logging
import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

from pushforward.studio import journal
from pushforward.studio.engine.process.logs import OutboxHandler
from pushforward.studio.engine.process.streams import Inbox, Outbox, Reader, claim_stdout
from pushforward.studio.protocol.messages import PROTOCOL, Hello, Log
from pushforward.studio.version import program_version

__all__ = ["main"]

NICE = 5
_log = logging.getLogger(__name__)


def main() -> NoReturn:
    """Run the engine on the standard streams until they close, and end the process.

    The exit is immediate: everything is on disk and sent, and the teardown of torch would keep
    the other side waiting for up to a second.
    """
    status = _serve()
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)


def _serve() -> int:
    """Run until the other side is gone; return the exit status."""
    # Ctrl+C in the terminal is for the parent, who ends this process as it sees fit.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stream = claim_stdout()
    faulthandler.enable(sys.stderr)
    inbox = Inbox()
    outbox = Outbox(stream, inbox)
    outbox.start()
    outbox.send(Hello(protocol=PROTOCOL, version=program_version(), pid=os.getpid()))
    reader = Reader(inbox, outbox)
    reader.start()
    _set_up_logging(outbox)
    _leave_on_signals(inbox)
    _give_way()
    try:
        from pushforward.studio.engine.process.engine import Engine
        from pushforward.studio.engine.process.loop import work

        engine = Engine(inbox, outbox, reader)
        engine.announce()
        work(engine)
    except Exception as error:
        # The boundary of the process: say why it ends; the traceback goes to stderr.
        _log.exception("the engine fails")
        text = f"The engine cannot continue: {type(error).__name__}: {error}"
        outbox.send(Log(level="error", text=text))
        outbox.close()
        return 1
    outbox.close()
    return 0


def _leave_on_signals(inbox: Inbox) -> None:
    """Save what runs and leave when the system says so, or the terminal is gone."""

    def leave(number: int, frame: FrameType | None) -> None:
        # In a thread, since the main one may be within the very lock that this takes.
        threading.Thread(target=inbox.leave, name="leave", daemon=True).start()

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), leave)


def _set_up_logging(outbox: Outbox) -> None:
    """Send log records to stderr, to the log file and, those for people, to the studio."""
    said = logging.StreamHandler(sys.stderr)
    said.setFormatter(journal.LiteralFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[said, OutboxHandler(outbox)])
    # The last words of native code go to stderr, whose reader shows them, and keeps them too.
    journal.start("engine", version=program_version(), crashes=False)


def _give_way() -> None:
    """Lower the priority of this process, so that the window stays responsive."""
    if hasattr(os, "nice"):
        os.nice(NICE)


if __name__ == "__main__":
    main()
