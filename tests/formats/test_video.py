"""Films as MP4: what ffmpeg is told and writes, and what is said where it is missing or fails."""

import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pushforward.studio.formats import video
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.video import encoder, write_video

FILM = np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3), dtype=np.uint8)
needs_shell = pytest.mark.skipif(sys.platform == "win32", reason="a stand-in is a shell script")


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let another program be found as ffmpeg."""
    folder = tmp_path / "programs"
    folder.mkdir()
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@needs_shell
def test_it_gets_even_frames_and_the_last_one_for_longer(tmp_path, monkeypatch) -> None:
    stand_in(
        tmp_path, monkeypatch, 'for last; do :; done; cat > "$last"; echo "$@" > "${0%/*}/said"'
    )
    write_video(tmp_path / "film.mp4", FILM, seconds=2.0, hold=0.9)
    seen = np.frombuffer((tmp_path / "film.mp4").read_bytes(), np.uint8).reshape(-1, 6, 6, 3)
    assert np.array_equal(seen[:4, :5], FILM)
    assert np.array_equal(seen[:4, 5], FILM[:, 4])
    assert np.array_equal(seen[4:], np.repeat(seen[3:4], 2, axis=0)), "0.9 s at 2 frames a second"
    said = (tmp_path / "programs" / "said").read_text()
    assert "-video_size 6x6 -framerate 4/2 " in said
    assert "-pix_fmt yuv420p" in said


@needs_shell
def test_where_it_fails_its_last_line_is_said_and_what_was_there_stays(tmp_path, monkeypatch):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"before")
    stand_in(tmp_path, monkeypatch, "cat > /dev/null; echo no such encoder >&2; exit 1")
    with pytest.raises(FormatError, match="ffmpeg failed: no such encoder"):
        write_video(path, FILM, 1.0)
    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["film.mp4"]


def test_without_it_it_is_said_what_to_do(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert encoder() == ""
    with pytest.raises(FormatError, match="which is not installed") as refused:
        write_video(tmp_path / "film.mp4", FILM, 1.0)
    assert "GIF" in refused.value.hint
    with pytest.raises(ValueError, match=r"must be \(T, h, w, 3\)"):
        write_video(tmp_path / "film.mp4", FILM[0], 1.0)


@needs_shell
def test_a_program_that_lies_where_we_stand_is_none(tmp_path, monkeypatch) -> None:
    stand_in(tmp_path, monkeypatch, "exit 0")
    assert encoder()
    monkeypatch.chdir(tmp_path / "programs")
    assert encoder() == ""


@pytest.mark.skipif(not video.encoder(), reason="ffmpeg is not on this machine")
def test_what_it_writes_is_read_again(tmp_path) -> None:
    flat = np.zeros((6, 32, 48, 3), np.uint8)
    for place, frame in enumerate(flat):
        frame[..., place % 3] = 40 * (place + 1)
    write_video(tmp_path / "film.mp4", flat, seconds=3.0, hold=0.5)
    read = [video.encoder(), "-loglevel", "error", "-i", str(tmp_path / "film.mp4"),
            "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]  # fmt: skip
    data = subprocess.run(read, capture_output=True, check=True).stdout
    found = np.frombuffer(data, np.uint8).reshape(-1, 32, 48, 3)
    assert len(found) == 7
    # Colours are kept at half the size, and rounded.
    assert np.abs(found[:6].astype(int).mean(axis=(1, 2)) - flat.mean(axis=(1, 2))).max() < 6
