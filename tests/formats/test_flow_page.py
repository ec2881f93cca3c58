"""A shared page: small, of one file, and in a browser it shows what was recorded."""

import re
from pathlib import Path

import numpy as np
import pytest

from pushforward.studio.formats.flow_movie import movie_frames, positions_at
from pushforward.studio.formats.flow_page import (
    LIMIT,
    PointPanel,
    TilePanel,
    _data,
    thin_panels,
    write_flow_page,
)
from tests.browser import ask_page, needs_browser

STEPS, TIMES = np.array([0, 10, 100]), np.linspace(0, 1, 5)


def points(n: int = 40, steps: int = 3, times: int = 5, noise: float = 0.0) -> PointPanel:
    """Particles that go from a ring to where the training has them, four times as far out."""
    rng = np.random.default_rng(0)
    start = rng.standard_normal((n, 2)).astype(np.float32)
    share = np.linspace(0, 1, steps)[:, None, None, None]
    t = np.linspace(0, 1, times)[None, :, None, None]
    x = start * (1 + share * t) + noise * rng.standard_normal((steps, times, n, 2))
    at = np.linspace(0, 100, steps).astype(np.int64)
    real = (2 * start).astype(np.float32)
    return PointPanel("A run", "A note", at, np.linspace(0, 1, times), x.astype("f4"), start, real)


def tiles() -> TilePanel:
    """Six red tiles, which become brighter along the flow and bluer by the training."""
    made = np.zeros((3, 5, 6, 8, 8, 3), np.uint8)
    made[..., 0] = np.linspace(0, 250, 5)[None, :, None, None, None]
    made[..., 2] = np.linspace(0, 250, 3)[:, None, None, None, None]
    return TilePanel("Tiles", "A note", STEPS, TIMES, made, True)


def write(path: Path, *panels: PointPanel | TilePanel, theme: str = "dark") -> Path:
    write_flow_page(path, "<A & B>", "note", panels, theme=theme, seconds=2.0)  # type: ignore[arg-type]
    return path


def test_a_page_of_a_thousand_particles_is_small_and_has_no_external_part(tmp_path: Path) -> None:
    page = write(tmp_path / "a.html", points(1000, 24, 25, noise=0.1))
    text = page.read_text(encoding="utf-8")
    assert page.stat().st_size < 3_000_000
    assert not re.search(r"""(src|href)=["']?(https?:|//)|@import|url\(http""", text)
    assert "<title>&lt;A &amp; B&gt;</title>" in text


def test_panels_that_are_too_large_keep_the_ends_of_both_clocks() -> None:
    panel = points(300, 12, 13, noise=0.3)
    [thin] = thin_panels([panel], limit=60_000)
    assert len(thin.steps) < 12
    assert len(thin.times) < 13
    assert (thin.steps[0], thin.steps[-1]) == (panel.steps[0], panel.steps[-1])
    assert (thin.times[0], thin.times[-1]) == (0, 1)
    assert isinstance(thin, PointPanel)
    np.testing.assert_array_equal(thin.x[-1, -1], panel.x[-1, -1])
    [same] = thin_panels([points()], LIMIT)
    assert len(same.steps) == 3


def test_positions_between_recorded_ones_are_in_proportion() -> None:
    panel = points(steps=2, times=2)
    np.testing.assert_allclose(positions_at(panel, 0.5, 1.0), 1.5 * panel.start, rtol=1e-5)
    np.testing.assert_allclose(positions_at(panel, 1.0, 0.25), 1.25 * panel.start, rtol=1e-5)


def test_particles_that_a_snapshot_lacks_are_left_out_of_it() -> None:
    panel = points(40)
    panel.x[1, :, 10:] = np.nan
    assert [each["counts"] for each in _data([panel])["panels"]] == [[40, 10, 40]]
    assert np.isfinite(positions_at(panel, 0.3, 1.0)).all()
    assert np.isfinite(positions_at(panel, 0.3, 0.5)).all(axis=1).sum() == 10


@pytest.mark.parametrize("dark", [True, False])
def test_a_film_has_the_panels_side_by_side_and_moves(dark: bool) -> None:
    frames = list(movie_frames([points(), tiles()], "flow", size=96, dark=dark, seconds=0.2))
    assert len(frames) == 4
    assert frames[0].shape == (96 + 28, 192, 3)
    assert (frames[0][:96, :96] != frames[-1][:96, :96]).any()
    assert tuple(frames[-1][40, 100]) == (250, 0, 250)
    assert (frames[0][5, 5] < 60).all() == dark


@needs_browser
def test_a_browser_decodes_the_positions_and_both_clocks_move_them(tmp_path: Path) -> None:
    panel = points()
    found = ask_page(
        write(tmp_path / "a.html", panel),
        """
        const flow = document.querySelector("#clock-flow"), training = document.querySelector("#clock-training");
        const canvas = document.querySelector("canvas"), tip = document.querySelector(".tip");
        const set = async (clock, value) => { clock.value = value; clock.dispatchEvent(new Event("input")); await wait(50); };
        const picture = () => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.slice().join();
        await set(training, 1); await set(flow, 1);
        const last = picture(), box = canvas.getBoundingClientRect();
        let words = "";
        for (let y = 0; y < box.height && !words; y += 5) for (let x = 0; x < box.width && !words; x += 5) {
          canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + x, clientY: box.top + y })); await wait(17);
          if (!tip.hidden) words = tip.textContent;
        }
        canvas.dispatchEvent(new PointerEvent("pointerleave")); await wait(50);
        await set(flow, 0); const first = picture();
        await set(flow, 1); await set(training, 0); const early = picture();
        await set(training, 1); const again = picture();
        document.querySelector(".theme").click(); await wait(50); const light = picture();
        const paused = document.querySelector(".play").textContent;
        document.querySelector(".play").click(); await wait(300);
        return { moved: first != last, learnt: early != last, same: again == last, light: light != last, words, paused,
          played: +flow.value, theme: document.documentElement.dataset.theme,
          title: document.querySelector("h1").textContent, errors: document.querySelector(".flow p").textContent };
        """,  # noqa: E501
        tmp_path,
    )
    assert found["moved"]
    assert found["learnt"]
    assert found["same"]
    assert found["light"]
    assert found["paused"] == "Play"
    assert 0 < found["played"] < 1
    assert found["theme"] == "light"
    assert found["title"] == "<A & B>"
    assert found["errors"] == "note"
    which, x, y = re.fullmatch(r"Particle (\d+): \((.+), (.+)\)", found["words"]).groups()  # type: ignore[union-attr]
    np.testing.assert_allclose([float(x), float(y)], panel.x[-1, -1, int(which)], atol=0.02)


@needs_browser
def test_a_browser_shows_the_tile_of_both_clocks(tmp_path: Path) -> None:
    found = ask_page(
        write(tmp_path / "t.html", tiles(), theme="light"),
        """
        const canvas = document.querySelector("canvas"), seen = [];
        for (const [flow, training] of [[1, 1], [0, 1], [1, 0]]) {
          for (const [name, value] of [["flow", flow], ["training", training]]) {
            const clock = document.querySelector(`#clock-${name}`); clock.value = value; clock.dispatchEvent(new Event("input"));
          }
          await wait(60);
          seen.push([...canvas.getContext("2d").getImageData(40, 40, 1, 1).data.slice(0, 3)]);
        }
        return seen;
        """,  # noqa: E501
        tmp_path,
    )
    np.testing.assert_allclose(found, [[250, 0, 250], [0, 0, 250], [250, 0, 0]], atol=16)
