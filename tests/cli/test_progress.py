"""What a training says on a terminal and in a file."""

import io

import pytest

from pushforward.studio.cli.progress import ProgressBar, duration
from pushforward.studio.protocol.messages import Log, Metrics, Progress


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress(step: int, left: float | None = 65.0) -> Progress:
    return Progress(
        job="a", step=step, total=1000, steps_per_second=1234.5, seconds_left=left, memory=0
    )


def test_a_terminal_gets_one_line_that_is_rewritten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    out = Terminal()
    bar = ProgressBar(out)
    bar(Metrics(job="a", columns={"loss": ([1, 2], [2.0, 2.0])}))
    bar(Metrics(job="a", columns={"quality/sliced-w2": ([2], [0.25])}))
    bar(progress(250))
    bar(progress(500))
    bar.close()
    lines = out.getvalue().split("\r")
    assert len(lines) == 3
    assert out.getvalue().count("\n") == 1
    last = lines[-1].rstrip()
    for part in (" 50%", "500/1,000", "1,234 steps/s", "1:05 left", "loss 2", "sliced-w2 0.25"):
        assert part in last


def test_a_replay_has_its_own_bar_until_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = Terminal()
    bar = ProgressBar(out, replay=(100, 500))
    bar(progress(200))
    bar(progress(600))
    bar.close()
    first, rest = out.getvalue().lstrip("\r").split("\n", 1)
    for part in ("replaying to step 500", " 25%", "200/500", "0:00 left"):
        assert part in first
    assert rest.startswith("Replayed to step 500.\n")
    assert "600/1,000" in rest
    assert "replaying" not in rest


def test_a_branch_that_goes_on_behind_its_replay_says_nothing_of_it() -> None:
    out = Terminal()
    bar = ProgressBar(out, replay=(100, 500))
    bar(progress(600))
    bar.close()
    assert "eplay" not in out.getvalue()
    assert "600/1,000" in out.getvalue()


def test_a_file_gets_a_line_now_and_then_and_always_the_last() -> None:
    out, now = io.StringIO(), 0.0
    bar = ProgressBar(out, clock=lambda: now)
    for step in range(0, 1001, 10):
        now += 0.5
        bar(progress(step))
    lines = out.getvalue().splitlines()
    assert 5 <= len(lines) <= 8
    assert lines[-1].startswith("100%")
    assert "\r" not in out.getvalue()


def test_warnings_stand_above_the_bar() -> None:
    out = Terminal()
    bar = ProgressBar(out)
    bar(progress(1))
    bar(Log(level="warning", text="Mind the gap."))
    bar(Log(level="info", text="Nothing special."))
    assert out.getvalue().endswith("\nMind the gap.\n")
    assert "Nothing special" not in out.getvalue()


def test_the_loss_is_smoothed_and_time_left_may_be_unknown() -> None:
    out = Terminal()
    bar = ProgressBar(out)
    bar(Metrics(job="a", columns={"loss": ([1, 2], [1.0, 2.0])}))
    bar(progress(2, left=None))
    assert "loss 1.1" in out.getvalue()
    assert "left" not in out.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0:00"), (59.6, "1:00"), (754, "12:34"), (11_100, "3:05:00")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
