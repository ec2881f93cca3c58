"""The log of the program: who writes where, what is kept, and what a crash leaves behind."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from pushforward.studio import journal
from pushforward.studio.app.shell.studio import _keep_last_words, _qt_says
from pushforward.studio.client.client import EngineClient
from pushforward.studio.home import log_folder

FATAL = "Segmentation fault"


@pytest.fixture
def log() -> Iterator[journal.Journal]:
    started = journal.start("studio", crashes=False)
    assert started is not None
    yield started
    started.close()


def text(log: journal.Journal) -> str:
    return log.path.read_text(encoding="utf-8")


def python(code: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_it_is_where_the_home_of_the_program_is(home: str, log: journal.Journal) -> None:
    assert log.path.parent == Path(home) / "logs"
    logging.getLogger("pushforward.x").info("a word")
    logging.getLogger("elsewhere").info("of no interest")
    logging.getLogger("elsewhere").warning("of interest")
    assert "INFO pushforward.x: a word" in text(log)
    assert "of no interest" not in text(log)
    assert "of interest" in text(log)


def test_without_a_home_it_is_where_the_system_has_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PUSHFORWARD_HOME")
    assert "pushforward" in str(log_folder()).lower()


def test_a_record_begins_one_line_whatever_is_in_it(log: journal.Journal) -> None:
    forged = "\x1b[2J\n2026-01-01 00:00:00,000 ERROR studio: forged\u202e"
    logging.getLogger("pushforward").info("a name: %s", forged)
    try:
        raise ValueError(forged)
    except ValueError:
        logging.getLogger("pushforward").exception("it failed")
    assert "\x1b" not in text(log)
    assert "\u202e" not in text(log)
    starts = [line for line in text(log).splitlines() if not line.startswith("    ")]
    assert len(starts) == 3  # with that of the beginning


def test_errors_that_nobody_handles_and_warnings_are_logged(log: journal.Journal) -> None:
    import threading

    before = log._before
    log._before = (lambda *_: None, lambda *_: None)
    error = RuntimeError("nobody")
    sys.excepthook(RuntimeError, error, None)
    thread = threading.Thread(target=lambda: 1 / 0, name="worker")
    thread.start()
    thread.join()
    warnings.showwarning("old ways", DeprecationWarning, "x.py", 1)
    log._before = before
    assert "RuntimeError: nobody" in text(log)
    assert "in worker" in text(log)
    assert "ZeroDivisionError" in text(log)
    assert "old ways" in text(log)


def test_two_windows_do_not_break_each_others_logs(home: str) -> None:
    code = (
        "import logging; from pushforward.studio import journal; journal.BYTES = 4000\n"
        "log = journal.start('studio')\n"
        "log_line = logging.getLogger('pushforward').info\n"
        "for i in range(300): log_line('window %s line %d', {name!r}, i)\n"
        "print(log.path)"
    )
    windows = [python(code.format(name=name)) for name in ("one", "two")]
    for name, window in zip(("one", "two"), windows, strict=True):
        out, err = window.communicate(timeout=60)
        assert window.returncode == 0, err
        path = Path(out.strip())
        parts = [path, *path.parent.glob(f"{path.name}.*")]
        assert len(parts) == 1 + journal.BACKUPS
        lines = [line for part in parts for line in part.read_text().splitlines()]
        assert all(f"window {name} line" in line for line in lines if "begins" not in line)
        assert path.read_text().splitlines()[-1].endswith("line 299")
        assert sum(part.stat().st_size for part in parts) <= 4000 * len(parts)


def test_a_crash_of_native_code_leaves_a_report_and_a_good_end_leaves_none(home: str) -> None:
    begin = "from pushforward.studio import journal; journal.start('studio'); "
    good = python(f"{begin}print('fine')")
    assert good.communicate(timeout=60)[0] == "fine\n"
    assert list(log_folder().glob("*.crash")) == []
    bad = python(f"{begin}import faulthandler; faulthandler._sigsegv()")
    bad.communicate(timeout=60)
    [report] = journal.kept("studio", "crash")
    assert FATAL in report.read_text()


def test_only_the_last_few_are_kept_and_none_of_a_process_that_runs() -> None:
    where = log_folder()
    where.mkdir(parents=True)
    running = where / f"studio-20200101-000000-{os.getpid()}.log"
    running.write_text("x")
    gone = 2**22 + 1  # above the largest number of a process
    for day in range(1, 21):
        for suffix in ("log", "log.1", "crash"):
            (where / f"studio-202001{day:02}-000000-{gone}.{suffix}").write_text("x")
    (where / f"engine-20200101-000000-{gone}.crash").write_text("")
    journal.prune()
    assert running.exists()
    assert len(list(where.glob("studio-*.log"))) == journal.KEPT + 1
    assert len(list(where.glob("studio-*.log.1"))) == journal.KEPT
    assert len(list(where.glob("studio-*.crash"))) == journal.CRASHES
    assert list(where.glob("engine-*")) == []
    assert journal.kept("studio")[0].name.startswith("studio-20200120")


def test_where_nothing_can_be_written_the_program_starts_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("PUSHFORWARD_HOME", str(tmp_path / "file"))
    assert journal.start("studio") is None


def test_a_log_without_its_crash_report_is_not_left_open(
    home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(log: journal.Journal) -> None:
        raise PermissionError("no crash report here")

    hook, handlers = sys.excepthook, list(logging.getLogger().handlers)
    monkeypatch.setattr(journal.Journal, "watch_crashes", refuse)
    opened: list[logging.FileHandler] = []
    begin = journal.Journal.__init__

    def note(log: journal.Journal, kind: str, into: Path) -> None:
        begin(log, kind, into)
        opened.append(log._handler)

    monkeypatch.setattr(journal.Journal, "__init__", note)
    assert journal.start("studio") is None
    assert [handler.stream for handler in opened] == [None]
    assert sys.excepthook is hook
    assert logging.getLogger().handlers == handlers


def test_qt_speaks_into_the_log(log: journal.Journal) -> None:
    from PySide6.QtCore import QMessageLogContext, QtMsgType

    context = QMessageLogContext()
    _qt_says(QtMsgType.QtWarningMsg, context, "a pixmap is null")
    _qt_says(QtMsgType.QtCriticalMsg, context, "a surface is lost")
    assert "WARNING qt: a pixmap is null" in text(log)
    assert "ERROR qt: a surface is lost" in text(log)


def test_the_engine_has_a_log_and_its_end_is_noted(log: journal.Journal) -> None:
    async def life() -> None:
        client = EngineClient(auto_restart=False)
        await client.start()
        pid = client.state.pid
        assert pid is not None
        os.kill(pid, signal.SIGABRT)
        for _ in range(600):
            if client.state.name == "lost":
                break
            await asyncio.sleep(0.05)
        assert client.state.error is not None
        _keep_last_words(client.state)

    asyncio.run(life())
    assert "The engine stopped: it aborted itself" in text(log)
    assert "Fatal Python error: Aborted" in text(log)
    [report] = journal.kept("engine", "crash")
    assert "Fatal Python error: Aborted" in report.read_text()
    [own] = list(log_folder().glob("engine-*.log"))
    assert "begins, with Python" in own.read_text(encoding="utf-8")


def test_the_window_logs_its_beginning_its_messages_and_what_nobody_handled() -> None:
    code = (
        "import sys\n"
        "from pushforward.studio.app.shell import main, studio\n"
        "from pushforward.studio.app.core.notices import Notice\n"
        "from PySide6.QtCore import QTimer\n"
        "show = studio.Studio.show\n"
        "def shown(self):\n"
        "    show(self)\n"
        "    self.state.notices.post(Notice(level='error', text='This went wrong', why='why'))\n"
        "    QTimer.singleShot(100, lambda: 1 / 0)\n"
        "    QTimer.singleShot(300, self.window.close)\n"
        "studio.Studio.show = shown\n"
        "sys.exit(main.main([]))\n"
    )
    window = python(code)
    _, err = window.communicate(timeout=120)
    assert window.returncode == 0, err
    [path] = journal.kept("studio")
    said = path.read_text(encoding="utf-8")
    assert "begins, with Python" in said
    assert "notice: This went wrong why" in said
    assert "ZeroDivisionError" in said
    assert journal.kept("studio", "crash") == []
    assert list(log_folder().glob("studio-*.crash")) == []
