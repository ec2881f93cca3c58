"""Series from tables and sounds: cut as asked, whole, and nothing else."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest

from pushforward.studio.formats.arrays import write_arrays
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.registry import discover, importers
from pushforward.studio.formats.series.arrays import SeriesArrays
from pushforward.studio.formats.series.sound import Sounds
from pushforward.studio.formats.series.table import SeriesTable
from pushforward.studio.formats.series.windows import windows
from pushforward.studio.formats.series.writing import RATE, sound, write_sound, write_table

discover()
TABLE = {"item": "", "layout": "columns", "columns": [], "length": 8, "step": 4}


def table(path: Path, x: np.ndarray, head: str = "a,b") -> Path:
    np.savetxt(path, x, delimiter=",", header=head, comments="")
    return path


def taken(importer, path: Path, options) -> np.ndarray:
    return np.concatenate([block["x"] for block in importer.rows([path], options).blocks])


def tone(rate: int, channels: int = 1, width: int = 2, seconds: float = 0.5) -> bytes:
    time = np.arange(int(rate * seconds)) / rate
    x = 0.5 * np.sin(2 * np.pi * 500 * time)
    scaled = np.round(x * (2 ** (8 * width - 1) - 1)).astype(np.int64)
    if width == 1:
        raw = (scaled + 128).astype(np.uint8)[:, None]
    else:
        raw = scaled.astype("<i8")[:, None].view(np.uint8)[:, :width]
    body = io.BytesIO()
    with wave.open(body, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.repeat(raw[:, None, :], channels, axis=1).tobytes())
    return body.getvalue()


@pytest.mark.parametrize("blocks", [(40,), (7, 13, 20), (1,) * 40])
@pytest.mark.parametrize(("length", "step"), [(8, 4), (8, 8), (5, 11)])
def test_windows_are_the_same_however_a_series_comes(blocks, length, step):
    x = np.arange(80, dtype=np.float32).reshape(40, 2)
    found = np.concatenate(list(windows(np.split(x, np.cumsum(blocks)[:-1]), length, step)))
    expected = np.stack([x[i : i + length] for i in range(0, 40 - length + 1, step)])
    assert np.array_equal(found, expected)


def test_columns_are_channels(tmp_path: Path):
    x = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
    path = table(tmp_path / "a.csv", x)
    rows = SeriesTable().rows([path], TABLE)
    assert rows.schema.facts == {"channels": ["a", "b"]}
    found = np.concatenate([block["x"] for block in rows.blocks])
    assert found.shape == (6, 8, 2)
    np.testing.assert_allclose(found[1], x[4:12], rtol=1e-6)
    one = taken(SeriesTable(), path, {**TABLE, "columns": ["b"]})
    np.testing.assert_allclose(one[..., 0], found[..., 1])


def test_one_column_is_a_series(tmp_path: Path):
    path = table(tmp_path / "a.csv", np.arange(20.0)[:, None], "load")
    assert taken(SeriesTable(), path, TABLE).shape == (4, 8, 1)


def test_a_column_of_times_is_said_to_be_a_channel_and_whether_it_is_even(tmp_path: Path):
    """An uneven one became a second channel without a word."""

    def said(times: np.ndarray) -> list[str]:
        x = np.stack([times, np.sin(times)], axis=1)
        return SeriesTable().inspect([table(tmp_path / "a.csv", x, "time,load")], TABLE).notes

    even = said(np.arange(30) / 10)
    assert len(even) == 2
    assert even[1] == "'time' is treated as a channel; exclude it under Columns."
    uneven = said(np.cumsum(np.where(np.arange(30) % 3, 0.25, 2.0)))
    assert "Its steps are not even (0.25 to 2)" in uneven[1]
    assert "resample the series to an even grid first" in uneven[1]


def test_a_row_may_be_a_series(tmp_path: Path):
    x = np.random.default_rng(0).normal(size=(12, 9)).astype(np.float32)
    np.save(tmp_path / "a.npy", x)
    options = {**TABLE, "layout": "rows"}
    assert np.array_equal(taken(SeriesTable(), tmp_path / "a.npy", options), x[..., None])
    found = SeriesTable().inspect([tmp_path / "a.npy"], options)
    assert (found.rows, found.problems) == (12, [])
    assert found.notes == ["12 series of 9 times in 1 channel."]


def test_gaps_are_refused_and_where_they_are(tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n" + "1,2\n" * 12 + "1,\n" + "1,2\n" * 12)
    with pytest.raises(
        FormatError,
        match=(
            r"has a gap: line 14 of column 'b' is not a finite "
            r"number"
        ),
    ):
        taken(SeriesTable(), path, TABLE)
    said = SeriesTable().inspect([path], TABLE).problems[0]
    assert "Models need complete series" in said
    assert taken(SeriesTable(), path, {**TABLE, "columns": ["a"]}).shape == (5, 8, 1)


def test_too_short_series_are_refused(tmp_path: Path):
    path = table(tmp_path / "a.csv", np.ones((6, 2)))
    with pytest.raises(FormatError, match="fewer than 8 rows"):
        SeriesTable().rows([path], TABLE)
    rows = SeriesTable().inspect([path], {**TABLE, "layout": "rows"})
    assert "rows of 2 numbers" in rows.problems[0]


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_sounds_of_any_width_are_the_same_sound(tmp_path: Path, width: int):
    path = tmp_path / "a.wav"
    path.write_bytes(tone(RATE, channels=2, width=width))
    x = taken(Sounds(), path, {"length": 64, "step": 64})
    assert x.shape == (62, 64, 1)
    time = np.arange(64) / RATE
    np.testing.assert_allclose(x[0, :, 0], 0.5 * np.sin(2 * np.pi * 500 * time), atol=0.01)


def test_sounds_are_brought_to_one_rate(tmp_path: Path):
    path = tmp_path / "a.wav"
    path.write_bytes(tone(44_100))
    found = Sounds().inspect([path], {"length": 512, "step": 512})
    assert found.notes == ["0.50 s at 8,000 samples a second, from 44,100."]
    x = taken(Sounds(), path, {"length": 512, "step": 512})
    assert len(x) == found.rows == 7
    assert np.abs(np.fft.rfft(x[3, :, 0])).argmax() == 500 * 512 // RATE


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"RIFF\0\0\0\0WAVE", "is not a readable sound"), (tone(RATE)[:60], "fewer than 64")],
)
def test_what_is_no_sound_says_so(tmp_path: Path, content: bytes, said: str):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert Sounds().claims(path)
    with pytest.raises(FormatError, match=said):
        Sounds().rows([path], {"length": 64, "step": 64})
    assert said in Sounds().inspect([path], {"length": 64, "step": 64}).problems[0]


def test_tables_are_points_unless_a_person_says_otherwise(tmp_path: Path):
    path = table(tmp_path / "a.csv", np.ones((6, 2)))
    claiming = [each.slug for each in importers.find_claiming([path])]
    assert claiming.index("points") < claiming.index("series-table")


def test_what_is_written_is_read_again(tmp_path: Path):
    x = (0.9 * np.random.default_rng(0).uniform(-1, 1, (3, 64, 1))).astype(np.float32)
    write_sound(tmp_path / "made.wav", x)
    back = taken(Sounds(), tmp_path / "made.wav", {"length": 64, "step": 64 + 800})
    np.testing.assert_allclose(back, x, atol=1e-4)
    write_table(tmp_path / "made.csv", x[:, :8], ["=cmd"])
    lines = (tmp_path / "made.csv").read_text().splitlines()
    assert lines[0] == "series,time,'=cmd"
    assert lines[9].startswith("1,0,")
    assert float(lines[9].split(",")[2]) == pytest.approx(float(x[1, 0, 0]))


def test_too_loud_series_are_all_made_less_loud():
    x = np.zeros((2, 8, 1), np.float32)
    x[0, 3], x[1, 5] = 4.0, 2.0
    with wave.open(io.BytesIO(sound(x))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert sorted(samples[samples != 0].tolist()) == [16384, 32767]


@pytest.mark.parametrize("suffix", [".npz", ".h5"])
def test_exported_arrays_of_series_are_taken_as_series(tmp_path: Path, suffix: str):
    x = np.random.default_rng(0).normal(size=(5000, 48, 2)).astype(np.float32)
    mine, images = tmp_path / f"mine{suffix}", tmp_path / f"images{suffix}"
    write_arrays(mine, {"x": x}, {"kind": "series", "n": len(x)})
    write_arrays(images, {"x": x[:, :, :1]}, {"kind": "images"})
    assert next(iter(importers.find_claiming([mine]))).slug == "series-arrays"
    np.testing.assert_array_equal(taken(SeriesArrays(), mine, {}), x)
    found = SeriesArrays().inspect([mine], {})
    assert (found.rows, found.notes) == (5000, ["5,000 series of 48 times in 2 channels."])
    assert not SeriesArrays().claims(images)
    assert SeriesArrays().inspect([mine, images], {}).problems[0].startswith(images.name)
    x[17, 3, 1] = np.nan
    write_arrays(mine, {"x": x}, {"kind": "series"})
    with pytest.raises(FormatError, match="series 18, time 4: the number is not finite"):
        taken(SeriesArrays(), mine, {})
