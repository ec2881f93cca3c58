"""``share`` and ``report`` on a run that was trained."""

import json
import re
import shutil
from pathlib import Path

import pytest
from PIL import Image

from pushforward.studio.__main__ import main
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.jobs.share_job import ShareJob
from pushforward.studio.engine.process.sink import CallbackSink
from pushforward.studio.formats.video import encoder
from pushforward.studio.protocol.messages import ShareFlow
from pushforward.studio.store.run import RunFolder


def data_of(page: Path) -> dict:
    text = page.read_text(encoding="utf-8")
    [found] = re.findall(r'<script id="flow-data" type="application/json">(.*?)</script>', text)
    return json.loads(found)


def spans(steps: list[int], run: RunFolder) -> bool:
    """Whether steps are some of the recorded ones, from the first to the last."""
    there = run.flow.steps()
    return set(steps) <= set(there) and (steps[0], steps[-1]) == (there[0], there[-1])


def test_a_page_has_the_recorded_clocks_of_each_run(moons: RunFolder, tmp_path, capsys) -> None:
    page, run = tmp_path / "flow.html", str(moons.path)
    twin = moons.path.with_name("0002-twin")
    shutil.copytree(moons.path, twin)
    words = ["share", run, str(twin), "--out", str(page), "--particles", "10", "--theme", "dark"]
    assert main(words) == 0
    assert f"{page} (0." in capsys.readouterr().out
    found = data_of(page)
    assert found["theme"] == "dark"
    assert [panel["n"] for panel in found["panels"]] == [10, 10]
    [one, _] = found["panels"]
    assert spans(one["steps"], moons)
    assert one["times"] == [round(float(t), 4) for t in moons.flow.load(60).t]
    assert main(words) != 0, "it is not replaced"
    assert "--overwrite" in capsys.readouterr().err


def test_an_animation_goes_through_the_clock_that_is_chosen(moons: RunFolder, tmp_path) -> None:
    for clock in ("flow", "training"):
        out = tmp_path / f"{clock}.gif"
        words = ["share", str(moons.path), "--out", str(out), "--size", "80", "--seconds", "0.5"]
        assert main([*words, "--clock", clock]) == 0
        with Image.open(out) as picture:
            assert picture.size == (80, 108)
            assert getattr(picture, "n_frames", 1) > 3
    assert (tmp_path / "flow.gif").read_bytes() != (tmp_path / "training.gif").read_bytes()


@pytest.mark.skipif(not encoder(), reason="ffmpeg is not on this machine")
@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_a_video_is_written_by_ffmpeg(moons: RunFolder, tmp_path, suffix: str) -> None:
    words = ["share", str(moons.path), "--format", suffix, "--out", str(tmp_path / "film")]
    assert main([*words, "--size", "64", "--seconds", "0.5"]) == 0
    start = (tmp_path / f"film.{suffix}").read_bytes()[:12]
    assert start[4:8] == b"ftyp" if suffix == "mp4" else start[:4] == b"\x1aE\xdf\xa3"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["share", "--out", "a.doc"], "cannot be shared as .doc"),
        (["share", "--out", "a.gif", "--format", "mp4"], "differ"),
        (["share", "--out", "a.gif", "--size", "5"], "size must be between"),
        (["share", "--race"], "was in no race"),
        (["report", "--out", "a.doc"], "cannot be written as .doc"),
        (["report", "--out", "nowhere/a.html"], "nowhere"),
    ],
)
def test_what_is_not_possible_is_refused(moons, tmp_path, capsys, monkeypatch, words, said) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([words[0], str(moons.path), *words[1:]]) != 0
    assert said in capsys.readouterr().err
    assert not [each for each in tmp_path.iterdir() if each.is_file()]


def test_a_report_has_settings_metrics_curves_samples_and_the_command(moons, tmp_path) -> None:
    page = tmp_path / "report.html"
    assert main(["report", str(moons.path), "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    for part in ("Quality", "Sliced W2", "noise floor", "<polyline", "data:image/png", "torch "):
        assert part in text, part
    assert "pushforward run edm@two-moons" in text
    assert "training.steps" in text
    assert spans(data_of(page)["panels"][0]["steps"], moons)


def test_a_comparison_shows_only_the_settings_that_differ(moons, tmp_path) -> None:
    twin = moons.path.with_name("0002-twin")
    shutil.copytree(moons.path, twin)
    spec = twin / "run.toml"
    spec.write_text(spec.read_text().replace("batch = 32", "batch = 16"))
    page = tmp_path / "report.html"
    assert main(["report", str(moons.path), str(twin), "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    rows = text.split("Settings that differ")[1].split("</table>")[0]
    assert re.findall(r"<td>(.*?)</td>", rows) == ["training.batch", "32", "16"]
    assert text.count("pushforward run edm@two-moons") == 2


def test_names_are_shown_literally(moons, tmp_path) -> None:
    record = moons.path / "run.toml"
    text = record.read_text()
    record.write_text(re.sub('(?m)^name = ".*"$', 'name = "<script>x</script>"', text, count=1))
    for command in ("share", "report"):
        page = tmp_path / f"{command}.html"
        assert main([command, str(moons.path), "--out", str(page)]) == 0
        assert "<script>x" not in page.read_text(encoding="utf-8")
        assert data_of(page)["panels"][0]["title"] == "<script>x</script>"


def test_a_report_is_printed_as_pdf(moons, tmp_path) -> None:
    page = tmp_path / "report.pdf"
    assert main(["report", str(moons.path), "--out", str(page)]) == 0
    data = page.read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.count(b"/Type /Page\n") >= 1
    assert b"/Image" in data


@pytest.mark.parametrize("name", ["film.gif", "film.mp4"])
def test_a_cancelled_film_leaves_no_file(moons: RunFolder, tmp_path, name: str) -> None:
    if name.endswith("mp4") and not encoder():
        pytest.skip("ffmpeg is not on this machine")
    command = ShareFlow(runs=[str(moons.path)], file=str(tmp_path / name), seconds=60.0)
    job = ShareJob("1", command, CallbackSink(lambda event: None))
    before = set(tmp_path.iterdir())
    headless.drive(job, lambda: job.step > 3)
    assert (job.state, job.error) == ("paused", None)
    assert 3 < job.step < job.total
    assert set(tmp_path.iterdir()) == before
