"""How far a measurement is, on a terminal and in a file."""

import io

import pytest

from pushforward.studio.cli.evaluation_progress import MeasureBar
from pushforward.studio.protocol.messages import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def drawn(stream: io.StringIO, *, quiet: bool = False) -> str:
    bar = MeasureBar(stream, quiet=quiet)
    pieces = ((0, "Drawing samples", None), (1, "Sliced W2", 75.0), (2, "Sliced W2", 0.0))
    for step, doing, left in pieces:
        bar.on_event(
            Progress(
                job="work",
                step=step,
                total=2,
                steps_per_second=0.0,
                seconds_left=left,
                memory={},
                doing=doing,
            )
        )
    assert not bar.look()
    bar.close()
    return stream.getvalue()


def test_a_terminal_reads_what_is_measured_and_how_long_it_takes() -> None:
    shown = [line.strip() for line in drawn(Terminal()).split("\r") if line.strip()]
    assert shown[0].endswith("Drawing samples")
    assert shown[1].startswith("50%")
    assert shown[1].endswith("Sliced W2  1:15 left")
    assert shown[2].startswith("100%")


def test_a_file_has_a_line_at_the_start_and_the_end_on_the_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert drawn(io.StringIO()) == ""
    start, end = capsys.readouterr().err.splitlines()
    assert start == "Measuring. The result follows."
    assert end.startswith("Measured in ")
    drawn(Terminal())
    assert capsys.readouterr().err == ""


def test_neither_a_file_nor_json_has_it() -> None:
    assert drawn(io.StringIO()) == ""
    assert drawn(Terminal(), quiet=True) == ""
