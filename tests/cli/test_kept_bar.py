"""How far the drawing of samples is, on a terminal and in a file."""

import io
from types import SimpleNamespace

from pushforward.studio.cli.trained_runs import SampleBar
from pushforward.studio.protocol.messages import Log


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(stream: io.StringIO) -> str:
    bar = SampleBar(stream)
    job = SimpleNamespace(step=0, total=10_000)
    bar.job = job  # type: ignore[assignment]
    for step in (0, 0, 2048, 2048, 4096):
        job.step = step
        assert not bar.look()
    job.step = 10_000
    bar.on_event(Log(level="info", text="10,000 samples are in x.csv."))
    bar.close()
    return stream.getvalue()


def test_a_terminal_gets_one_line_that_ends_full() -> None:
    text = drawn(Terminal())
    assert text.count("\r") == 4  # one for each that is news
    assert "2,048 of 10,000 samples" in text
    full, said = text.rsplit("\r", 1)[1].split("\n")[:2]
    assert full.startswith("100%")
    assert said == "10,000 samples are in x.csv."


def test_a_file_gets_the_end() -> None:
    text = drawn(io.StringIO())
    assert "\r" not in text
    assert text.splitlines()[-2].startswith("100%")
    assert text.splitlines()[-1] == "10,000 samples are in x.csv."
