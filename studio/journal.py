"""The log of the program and crash reports.

Each process writes its own files, named by start time and number, so that several windows never
share one. Logs are capped; those of the last few processes are kept. A ``.crash`` file records the
stack if native code fails; an empty one is removed. Needs neither Qt nor torch.
"""

import atexit
import faulthandler
import logging
import os
import sys
import threading
import time
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from pushforward.studio.home import log_folder
from pushforward.studio.literal import lines

__all__ = [
    "Journal",
    "LiteralFormatter",
    "keep_crash",
    "kept",
    "prune",
    "start",
]

BYTES = 512 * 1024  # of a log, before it is rotated
BACKUPS = 2  # older parts of one process's log
KEPT = 6  # processes of a kind whose logs stay
CRASHES = 5  # crash reports of a kind that stay
FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"
OURS = ("pushforward", "py")

_log = logging.getLogger(__name__)


class LiteralFormatter(logging.Formatter):
    """One record begins one line: what a name or an error adds below it is indented."""

    def __init__(self) -> None:
        super().__init__(FORM)

    def format(self, record: logging.LogRecord) -> str:
        return lines(super().format(record)).replace("\n", "\n    ")


class _File(RotatingFileHandler):
    """A log must not fail for want of a disk: what cannot be written is lost without a word."""

    def _open(self) -> TextIOWrapper:
        """Open the file for its owner alone: names and paths of runs are written to it."""
        file = super()._open()
        if hasattr(os, "fchmod"):
            os.fchmod(file.fileno(), 0o600)
        return file

    def handleError(self, record: logging.LogRecord) -> None:
        pass


class Journal:
    """The files of this process. ``path`` is its log, ``crash`` its crash report.

    `close` takes everything back; the end of the process does so too.
    """

    def __init__(self, kind: str, into: Path) -> None:
        """Open the files.

        Raises:
            OSError: they cannot be written.
        """
        into.mkdir(parents=True, exist_ok=True)
        stem = _stem(kind)
        self.path = into / f"{stem}.log"
        self.crash = into / f"{stem}.crash"
        self._handler = _File(
            self.path, maxBytes=BYTES, backupCount=BACKUPS, encoding="utf-8", errors="replace"
        )
        self._handler.setFormatter(LiteralFormatter())
        self._handler.addFilter(_worth_it)
        self._said: logging.Handler | None = None
        self._descriptor: int | None = None

    def listen(self) -> None:
        """Record the log messages of this process and its unhandled errors."""
        root = logging.getLogger()
        if not root.handlers and sys.stderr is not None:  # there is none without a console
            self._said = logging.StreamHandler()
            self._said.setLevel(logging.WARNING)
            self._said.setFormatter(LiteralFormatter())
            root.addHandler(self._said)
        root.addHandler(self._handler)
        root.setLevel(min(root.level or logging.INFO, logging.INFO))
        logging.captureWarnings(True)
        self._before = sys.excepthook, threading.excepthook
        sys.excepthook = self._unhandled
        threading.excepthook = self._unhandled_in_thread
        atexit.register(self.close)

    def begin(self, version: str) -> None:
        """Write the first line, into the file alone."""
        said = (version, sys.version.split()[0], sys.platform)
        words = "version %s begins, with Python %s on %s"
        level = logging.INFO
        self._handler.handle(_log.makeRecord(_log.name, level, __file__, 0, words, said, None))

    def watch_crashes(self) -> None:
        """Let the interpreter write into the crash file where it was if native code fails.

        Raises:
            OSError: the file cannot be written.
        """
        self._descriptor = os.open(self.crash, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        faulthandler.enable(self._descriptor)

    def close(self) -> None:
        """Stop listening; an empty crash report is removed."""
        atexit.unregister(self.close)
        logging.captureWarnings(False)
        for handler in filter(None, (self._handler, self._said)):
            logging.getLogger().removeHandler(handler)
            handler.close()
        if sys.excepthook == self._unhandled:
            sys.excepthook, threading.excepthook = self._before
        if self._descriptor is not None:
            faulthandler.disable()
            os.close(self._descriptor)
            self._descriptor = None
            _remove_empty(self.crash)

    def _unhandled(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            _log.critical("nobody handled this", exc_info=(kind, error, trace))
        self._before[0](kind, error, trace)

    def _unhandled_in_thread(self, found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            name = found.thread.name if found.thread else "a thread"
            _log.critical("nobody handled this in %s", name, exc_info=found.exc_value)
        self._before[1](found)


def start(kind: str, *, version: str = "", crashes: bool = True) -> Journal | None:
    """Begin the log of this process, a "studio" or an "engine"; None where none can be written.

    ``version`` is that of the program, for the first line. ``crashes`` is false where the
    interpreter's last words go elsewhere already.
    """
    journal = None
    try:
        journal = Journal(kind, log_folder())
        if crashes:
            journal.watch_crashes()
    except OSError as error:
        if journal is not None:
            journal.close()
        _log.warning("no log is written: %s", error)
        return None
    journal.listen()
    journal.begin(version)
    return journal


def keep_crash(kind: str, text: str) -> None:
    """Store the last output of another process, such as an engine whose native code failed."""
    try:
        log_folder().mkdir(parents=True, exist_ok=True)
        with open(log_folder() / f"{_stem(kind)}.crash", "a", encoding="utf-8") as file:
            file.write(f"{lines(text)}\n")
    except OSError as error:
        _log.warning("a crash report is lost: %s", error)


def prune() -> None:
    """Remove the logs of all but the last few processes, and old crash reports.

    The files of processes that run still are left alone.
    """
    from pushforward.studio.store.process import exists

    where = log_folder()
    for kind in ("studio", "engine"):
        for suffix, most in (("log", KEPT), ("crash", CRASHES)):
            for path in _newest_first(where, kind, suffix)[most:]:
                if not exists(_process(path)):
                    _remove(path)
        for path in _newest_first(where, kind, "crash"):
            if not exists(_process(path)):
                _remove_empty(path)


def kept(kind: str, suffix: str = "log") -> list[Path]:
    """Return the logs, or the crash reports ("crash"), of a kind, the newest first."""
    found = _newest_first(log_folder(), kind, suffix)
    return [path for path in found if path.stat().st_size > 0]


def _stem(kind: str) -> str:
    """Return the name of a process's files; it sorts by when the process began to write."""
    return f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"


def _newest_first(where: Path, kind: str, suffix: str) -> list[Path]:
    return sorted(where.glob(f"{kind}-*.{suffix}"), key=lambda path: path.name, reverse=True)


def _process(path: Path) -> int:
    number = path.stem.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def _remove(path: Path) -> None:
    for each in (path, *path.parent.glob(f"{path.name}.*")):
        try:
            each.unlink(missing_ok=True)
        except OSError as error:
            _log.info("%s stays: %s", each.name, error)  # another process has it open, on Windows


def _remove_empty(path: Path) -> None:
    try:
        empty = path.stat().st_size == 0
    except OSError:
        return  # somebody else was faster
    if empty:
        _remove(path)


def _worth_it(record: logging.LogRecord) -> bool:
    """Our own records from "info" on, those of libraries from "warning"."""
    ours = record.name.partition(".")[0] in OURS
    return record.levelno >= (logging.INFO if ours else logging.WARNING)
