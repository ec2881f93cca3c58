"""Recording a lens: frames, captions, the file, and the strip."""

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFont, QImage

from pushforward.studio.app.charts.recording import HEAD, Look, Recording, write_recording
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.video import encoder

LOOK = Look("#000000", "#ffffff", "#888888", QFont("Inter", 12), QFont("Inter", 10))


def picture(colour: str, width: int = 120, height: int = 80) -> QImage:
    made = QImage(QSize(width, height), QImage.Format.Format_RGB32)
    made.fill(QColor(colour))
    return made


def recorded(qapp) -> Recording:
    made = Recording("Two methods", LOOK)
    made.add(picture("#ff0000"), 10.0, "step 1")
    made.add(picture("#00ff00"), 11.0, "step 2", "A ring first")
    made.add(picture("#0000ff", 60, 80), 12.0, "step 3", "A ring first")
    return made


def test_each_frame_is_the_newest_picture_of_its_time_with_heading_and_caption(qapp):
    frames = list(recorded(qapp).frames(2.0))
    assert len(frames) == 5, "two a second, over two seconds"
    middle = [frame[HEAD + 40, 60] for frame in frames]
    names = ["rgb"[int(np.argmax(each))] for each in middle]
    assert names == ["r", "r", "g", "g", "b"]
    assert frames[0][:HEAD].max() > 100, "a heading is written"
    foot = frames[0][HEAD + 80 :]
    assert foot.shape[0] > 0
    assert not foot.any(), "no caption yet"
    assert frames[2][HEAD + 80 :].max() > 100, "a caption"
    assert not frames[4][HEAD + 40, 5].any(), "a smaller picture is fitted, not stretched"


def test_frames_are_thinned_evenly_and_narrowed(qapp):
    frames = list(recorded(qapp).frames(20.0, width=60, most=3))
    assert len(frames) == 3
    assert {frame.shape[1] for frame in frames} == {60}
    assert frames[2][frames[2].shape[0] // 2, 30].argmax() == 2, "the last one is the last"


def test_a_gif_lasts_as_long_as_the_recording(qapp, tmp_path):
    path = tmp_path / "a.gif"
    assert write_recording(recorded(qapp), path) == path.stat().st_size
    with Image.open(path) as found:
        total = 0
        for place in range(found.n_frames):
            found.seek(place)
            total += found.info["duration"]
    assert total == pytest.approx(3000, abs=150), "two seconds, and one for the last frame"


@pytest.mark.skipif(not encoder(), reason="ffmpeg is not installed")
def test_a_video_is_written_where_ffmpeg_is_installed(qapp, tmp_path):
    assert write_recording(recorded(qapp), tmp_path / "a.mp4") > 500


def test_nothing_recorded_and_unknown_formats_are_refused(qapp, tmp_path):
    with pytest.raises(FormatError, match="Nothing was recorded"):
        write_recording(Recording("", LOOK), tmp_path / "a.gif")
    with pytest.raises(FormatError):
        write_recording(recorded(qapp), tmp_path / "a.tiff")
