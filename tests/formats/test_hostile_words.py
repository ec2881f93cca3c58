"""What comes into a file or out of one may be anybody's: it is obeyed nowhere."""

import io
import logging
import os
import stat
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pushforward.studio.app.data.distance_table import _latex
from pushforward.studio.formats.graphs.graphml import _LONGEST_TAG, _Reader
from pushforward.studio.formats.images import decoding
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.tables.csv import Csv
from pushforward.studio.journal import _File


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        (r"\input{secret}", r"\ensuremath{\backslash}input\{secret\}"),
        (r"η\input", r"$\eta\ensuremath{\backslash}input$"),
        ("50 %", r"50 \%"),
        ("τ₂₁", r"$\tau_{21}$"),
        ("a^b", r"a\char94{}b"),
    ],
)
def test_a_name_is_no_command_of_latex(name: str, latex: str) -> None:
    assert _latex(name) == latex


def test_a_column_is_no_formula_of_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    Csv().write(path, np.array([[-1.5, 2.0]], np.float32), ["=1+1", "x"], {})
    assert path.read_text().splitlines() == ["'=1+1,x", "-1.5,2"]


def test_a_tag_without_end_is_refused_early(tmp_path: Path) -> None:
    reader = _Reader(tmp_path / "long.graphml")
    piece = b"a" * 2**18
    reader.take(b'<graphml><graph id="')
    for _ in range(_LONGEST_TAG // len(piece) - 1):
        reader.take(piece)
    with pytest.raises(FormatError, match="a tag of more than 4 MB"):
        reader.take(piece)


def test_a_picture_that_takes_too_much_memory_is_left_out_by_itself(monkeypatch) -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "WEBP")

    def fail(image: object) -> None:
        raise MemoryError

    monkeypatch.setattr(decoding, "_flat", fail)
    with pytest.raises(decoding.TooLarge, match="memory"):
        decoding.decoded(file.getvalue())


@pytest.mark.skipif(os.name == "nt", reason="there are no modes there")
def test_a_log_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "studio.log"
    path.touch(0o644)
    handler = _File(path, encoding="utf-8")
    handler.emit(logging.makeLogRecord({"msg": "begun"}))
    handler.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "begun\n"
