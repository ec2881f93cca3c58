"""Series on the screen: a line a channel, to one scale, with gaps where there is nothing."""

import io
import wave

import numpy as np
import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from pushforward.studio.app.core.data_type import named
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.app.data_types.series.type import KIND, RANGE, describe_series, lines
from pushforward.studio.app.design.tokens import DARK, LIGHT
from pushforward.studio.app.lenses.samples import sound_player


def drawn(arrays, palette=DARK, width=200, height=100) -> np.ndarray:
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    with QPainter(image) as painter:
        lines(arrays).paint(painter, QRectF(0, 0, width, height), 0, palette)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(height, width, 4)
    return pixels[..., 2::-1].astype(int)


def near(pixels: np.ndarray, colour: str) -> np.ndarray:
    wanted = np.array(QColor(colour).getRgb()[:3])
    return np.abs(pixels - wanted).max(axis=-1) < 70


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda p: p.name)
def test_each_channel_is_a_line_of_its_own_colour(qapp, palette):
    x = np.zeros((1, 20, 2))
    x[..., 1] = 1.0
    pixels = drawn({"x": x}, palette)
    low, high = near(pixels, palette.accent), near(pixels, palette.warm)
    assert low.sum() > 100
    assert high.sum() > 100
    assert low.nonzero()[0].min() > high.nonzero()[0].max()


def test_a_line_goes_up_where_numbers_rise_and_ends_at_gaps(qapp):
    x = np.linspace(0, 1, 40)[None, :, None].copy()
    rows, columns = near(drawn({"x": x}), DARK.accent).nonzero()
    assert np.corrcoef(rows, columns)[0, 1] < -0.99
    x[0, 15:25] = np.nan
    columns = near(drawn({"x": x}), DARK.accent).nonzero()[1]
    assert not ((columns > 85) & (columns < 115)).any()
    assert near(drawn({"x": np.full((1, 9, 1), np.nan)}), DARK.accent).sum() == 0


def test_a_sound_of_many_samples_fills_its_tile(qapp):
    x = np.sin(np.arange(5000) * 1.3)[None, :, None]
    rows, columns = near(drawn({"x": x}), DARK.accent).nonzero()
    assert np.ptp(columns) > 180
    assert np.ptp(rows) > 70


def test_series_seen_together_are_drawn_to_one_scale(qapp):
    x = np.random.default_rng(0).normal(size=(50, 20, 1))
    common = KIND.common({"x": x})
    assert common[RANGE][0] < np.quantile(x, 0.01)
    small = {"x": 0.1 * x[:1], **common}
    rows = near(drawn(small), DARK.accent).nonzero()[0]
    assert np.ptp(rows) < 30
    assert KIND.common({"x": np.full((2, 3, 1), np.nan)}) == {}


def test_series_are_said_measured_and_told():
    time = np.arange(48) / 48
    x = np.stack([np.sin(2 * np.pi * 3 * time), np.sin(2 * np.pi * 7 * time)])[..., None]
    found = KIND.measures({"x": x, "label": np.array(["a", "b"])})
    assert found["Strongest"].tolist() == [3, 7]
    assert found["Class"].tolist() == ["a", "b"]
    assert describe_series({"x": x[0], "label": "A4"}) == "A4, -1 to 1"
    facts = {"n": 2000, "rate": 8000, "channels": ["sound"]}
    assert KIND.facts(np.zeros((5, 512, 1)), (), facts) == (
        "2,000 series of 512 times · 64 ms at 8,000 samples a second"
    )
    assert KIND.facts(np.zeros((5, 9, 2)), (), {"channels": ["a", "b"]}) == (
        "5 series of 9 times · 2 channels: a, b"
    )
    assert kind("series") is KIND


def test_a_sound_has_its_time_in_milliseconds_and_its_frequency_in_hertz(qapp):
    time = np.arange(400) / 8000
    x = np.sin(2 * np.pi * 440 * time)[None, :, None]
    sound = {"x": x, **KIND.holding({"rate": 8000.0}, 1)}
    found = KIND.measures(sound)
    assert found["Frequency"].tolist() == [440.0]
    assert KIND.units["Frequency"] == "Hz"
    assert "Strongest" not in found
    assert describe_series({name: each[0] for name, each in sound.items()}) == "-1 to 1, 50 ms"
    with_axis, without = (near(drawn(each)[84:], DARK.muted).sum() for each in (sound, {"x": x}))
    assert with_axis > without + 40
    small, bare = (drawn(each, height=60) for each in (sound, {"x": x}))
    assert np.array_equal(small, bare)


def test_sounds_are_heard_as_a_wav_file_at_their_own_rate():
    x = np.sin(np.arange(800) / 3)[None, :, None].repeat(2, axis=0)
    made = KIND.heard({"x": x, **KIND.holding({"rate": 16000.0}, 2)})
    with wave.open(io.BytesIO(made)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        assert file.getnframes() == 2 * (800 + 1600)  # a tenth of a second after each
        read = np.frombuffer(file.readframes(800), "<i2") / 32767
    assert np.abs(read - x[0, :, 0]).max() < 1e-4


def test_a_sound_that_no_program_opens_is_said_in_a_sentence(monkeypatch):
    opened = []
    monkeypatch.setattr(
        sound_player.QDesktopServices, "openUrl", lambda url: not opened.append(url)
    )
    path = sound_player.play(b"RIFF")
    assert opened[0].toLocalFile() == str(path)
    assert path.read_bytes() == b"RIFF"
    monkeypatch.setattr(sound_player.QDesktopServices, "openUrl", lambda url: False)
    with pytest.raises(sound_player.Unplayed, match="No program opens WAV files"):
        sound_player.play(b"RIFF")


def test_a_class_has_no_number_while_its_name_is_on_its_way():
    told = {"label": np.array([0, 2])}
    assert named(told, (), asked=False) == {}
    assert named(told, ("A4", "B4", "D5"), asked=False)["label"].tolist() == ["A4", "D5"]
    assert named(told, ())["label"].tolist() == ["class 0", "class 2"]
