"""MP4 animations by the external program ffmpeg.

It is not bundled: an installer under Apache-2.0 may not contain imageio-ffmpeg (GPL) or PyAV (x264,
x265), and Qt multimedia adds 440 MB. Alternatives are GIF and animated PNG
(`studio.formats.animation`).
"""

import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pushforward.studio.formats.limits import FormatError
from pushforward.studio.launch import popen_options, script_env
from pushforward.studio.store.atomic import replacing

__all__ = ["VIDEO_SUFFIX", "encoder", "write_video"]

VIDEO_SUFFIX = ".mp4"
PATIENCE = 60.0  # seconds
TOLD = 200  # characters of what it says where it fails


def encoder() -> str:
    """Return where ffmpeg is, "" where it is not to be found. One that merely lies where we stand
    is none: on Windows that would be found first.
    """
    found = shutil.which("ffmpeg")
    if found is None or Path(found).resolve().parent == Path.cwd().resolve():
        return ""
    return found


def write_video(path: Path, frames: NDArray[np.uint8], seconds: float, hold: float = 1.0) -> None:
    """Write frames (T, h, w, 3) as MP4, lasting ``seconds`` plus ``hold`` for the last frame. An
    odd side is padded by repeating its last line, since the format needs even sides.

    Raises:
        ValueError: invalid frames.
        FormatError: ffmpeg is missing or failed.
        StoreError: the disk refused.
    """
    if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8 or not frames.size:
        raise ValueError(f"frames must be (T, h, w, 3) bytes, got {frames.shape} {frames.dtype}")
    program = encoder()
    if not program:
        raise FormatError(
            "MP4 is written by the program ffmpeg, which is not installed.",
            "Install ffmpeg, or choose GIF or an animated PNG.",
            kind="user",
        )
    _, height, width, _ = frames.shape
    even = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    each = seconds / len(frames)
    held = np.repeat(even[-1:], math.ceil(hold / each), axis=0)
    with replacing(path) as temp:
        command = [
            program, "-loglevel", "error", "-nostdin", "-y",
            "-f", "rawvideo", "-pix_fmt", "rgb24",
            "-video_size", f"{even.shape[2]}x{even.shape[1]}",
            "-framerate", f"{len(frames)}/{seconds:g}", "-i", "pipe:0",
            # What players take; the encoder is the best that this ffmpeg was built with.
            "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", str(temp.absolute()),
        ]  # fmt: skip
        _run(command, np.concatenate([even, held]).tobytes())


def _run(command: list[str], data: bytes) -> None:
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=PATIENCE, check=False,
            **popen_options(script_env()),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise FormatError(f"ffmpeg did not finish after {PATIENCE:g} seconds.", ANYWAY) from error
    except OSError as error:
        raise FormatError(f"ffmpeg could not be started: {error.strerror}.", ANYWAY) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise FormatError(f"ffmpeg failed: {(said or ['it does not say why'])[-1][:TOLD]}", ANYWAY)


ANYWAY = "Choose GIF or animated PNG instead."
