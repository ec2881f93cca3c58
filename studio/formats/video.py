"""MP4 and WebM videos by the external program ffmpeg.

It is not bundled: an installer under Apache-2.0 may not contain imageio-ffmpeg (GPL) or PyAV (x264,
x265), and Qt multimedia adds 440 MB. Alternatives are GIF and animated PNG
(`studio.formats.animation`).
"""

import math
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.launch import popen_options, script_env
from pushforward.studio.store.atomic import replacing

__all__ = ["VIDEO_SUFFIX", "VIDEO_SUFFIXES", "encoder", "stream_video", "write_video"]

VIDEO_SUFFIX = ".mp4"
VIDEO_SUFFIXES = (".mp4", ".webm")
PATIENCE = 60.0  # seconds
MOST_SAID = 200  # characters of its error message


def encoder() -> str:
    """Return where ffmpeg is, "" where it is not to be found. One that merely lies where we stand
    is none: on Windows that would be found first.
    """
    found = shutil.which("ffmpeg")
    if found is None or Path(found).resolve().parent == Path.cwd().resolve():
        return ""
    return found


def write_video(path: Path, frames: NDArray[np.uint8], seconds: float, hold: float = 1.0) -> None:
    """Write frames (T, h, w, 3) as MP4 or WebM, lasting ``seconds`` plus ``hold`` for the last
    frame. An odd side is padded by repeating its last line, since the format needs even sides.

    Raises:
        ValueError: invalid frames.
        FormatError: ffmpeg is missing or failed.
        StoreError: the disk refused.
    """
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8 or not frames.size:
        raise ValueError(f"frames must be (T, h, w, 3) bytes, got {frames.shape} {frames.dtype}")
    for _ in stream_video(path, frames, f"{len(frames)}/{seconds:g}", hold * len(frames) / seconds):
        pass


def stream_video(
    path: Path, frames: Iterable[NDArray[np.uint8]], rate: str, hold: float
) -> Iterator[int]:
    """Write frames (h, w, 3) as they come; the suffix (.mp4 or .webm) chooses the format.

    Yields the number of frames that were written; closing the iterator leaves no file.

    Args:
        path: the file.
        frames: all of the same size, at least one.
        rate: frames a second, such as "20" or "4/2".
        hold: the number of times that the last frame is shown again.

    Raises:
        FormatError: ffmpeg is missing or failed.
        StoreError: the disk refused.
    """
    program = encoder()
    if not program:
        raise FormatError(
            "MP4 and WebM are written by the program ffmpeg, which is not installed.",
            "Install ffmpeg, or choose GIF or an animated PNG.",
            kind="user",
        )
    coming = iter(frames)
    last = _even(next(coming))
    with replacing(path) as temp:
        size = f"{last.shape[1]}x{last.shape[0]}"
        with _running(_command(program, size, rate, path.suffix.lower(), temp)) as put:
            put.write(last.tobytes())
            count = 1
            yield count
            for frame in coming:
                last = _even(frame)
                put.write(last.tobytes())
                count += 1
                yield count
            for _ in range(math.ceil(hold)):
                put.write(last.tobytes())


def _even(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width, _ = frame.shape
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _command(program: str, size: str, rate: str, suffix: str, temp: Path) -> list[str]:
    container = ["-f", "webm"] if suffix == ".webm" else ["-movflags", "+faststart", "-f", "mp4"]
    return [
        program, "-loglevel", "error", "-nostdin", "-y",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", size, "-framerate", rate,
        "-i", "pipe:0",
        # What players take; the encoder is the best that this ffmpeg was built with.
        "-pix_fmt", "yuv420p", *container, str(temp.absolute()),
    ]  # fmt: skip


@contextmanager
def _running(command: list[str]) -> Iterator[IO[bytes]]:
    """Run a program, give its input, and check that it ends well. It is ended where the block is
    left by an exception.
    """
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors,
                **popen_options(script_env()),
            )  # fmt: skip
        except OSError as error:
            raise FormatError(f"ffmpeg could not be started: {error.strerror}.", ANYWAY) from error
        assert process.stdin is not None
        try:
            try:
                yield process.stdin
                process.stdin.close()
            except BrokenPipeError:  # it has ended before its input: its status says why
                pass
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            message = f"ffmpeg did not finish after {PATIENCE:g} seconds."
            raise FormatError(message, ANYWAY) from error
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            with suppress(OSError):  # what it has not read is lost with it
                process.stdin.close()
        if code:
            errors.seek(0)
            lines = errors.read().decode("utf-8", "replace").strip().splitlines()
            reason = (lines or ["no error message"])[-1][:MOST_SAID]
            raise FormatError(f"ffmpeg failed: {reason}", ANYWAY)


ANYWAY = "Choose GIF or animated PNG instead."
