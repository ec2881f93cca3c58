"""A shared map and a shared list: on a page in a browser, and in a film."""

from pathlib import Path

import numpy as np
import pytest

from pushforward.studio.formats.cubes.palette import class_colours
from pushforward.studio.formats.flow_movie import movie_frames
from pushforward.studio.formats.flow_page import Panel, _data, thin_panels, write_flow_page
from pushforward.studio.formats.list_panel import ListedUser, ListPanel
from pushforward.studio.formats.map_panel import MapPanel
from tests.browser import ask_page, needs_browser

STEPS = np.array([0, 10, 100])
TITLES = ("Alpha", "Beta", "Gamma", "Delta")


def scene_map(steps: int = 3, side: int = 8) -> MapPanel:
    """A map that is all first class, and in the end half the second one, as labelled."""
    classes = np.ones((steps, side, side), np.uint8)
    classes[-1, :, side // 2 :] = 2
    truth = classes[-1].copy()
    truth[0] = 0
    scene = np.full((side, side, 3), 200, np.uint8)
    at = np.linspace(0, 100, steps).astype(np.int64)
    return MapPanel("Map", "A note", at, classes, truth, truth > 0, scene, ("Corn", "Oats"))


def lists() -> ListPanel:
    """Two users; the last item of the list of the first one becomes the first."""
    items = np.empty((3, 2, 2, 3), np.int64)
    items[:] = [[[0, 1, 2], [1, 2, 3]]]
    items[2, :, 0] = [2, 0, 1]
    users = [ListedUser("User 7", (3, 1, 2), (1, 2)), ListedUser("User 9", (0, 3), (1, 1))]
    chance = np.broadcast_to(np.array([0.5, 0.3, 0.1]), items.shape)
    return ListPanel("Lists", "A note", STEPS, np.array([0.5, 1.0]), users, items, chance, TITLES)


def write(path: Path, *panels: Panel) -> Path:
    write_flow_page(path, "Answers", "note", panels, theme="dark", seconds=2.0)
    return path


def test_a_map_paints_class_after_class_and_knows_its_accuracy() -> None:
    panel = scene_map()
    assert panel.accuracy == [0.5, 0.5, 1.0]
    first, second = class_colours(2)
    none, one, both = (np.asarray(panel.draw(t, 1.0, 8, dark=True)) for t in panel.times)
    assert (none[0, 0] == none[0, -1]).all()
    assert tuple(one[0, 0]) == first
    assert tuple(one[0, -1]) == tuple(none[0, 0])
    assert (tuple(both[0, 0]), tuple(both[0, -1])) == (first, second)


def test_items_move_to_their_ranks_between_two_steps() -> None:
    panel = lists()
    assert panel.ranks(1.0, 0.0, 0)[2] == pytest.approx((2, 0.2, 1))
    assert panel.ranks(1.0, 1.0, 0)[2] == pytest.approx((0, 1.0, 1))
    rank, _, presence = panel.ranks(1.0, 0.75, 0)[2]
    assert (rank, presence) == pytest.approx((1, 1))


def test_large_panels_keep_the_first_and_the_last_step() -> None:
    rng = np.random.default_rng(0)
    large = scene_map(12, 64)
    large.classes[:] = rng.integers(1, 3, large.classes.shape)
    [thin] = thin_panels([large], limit=24_000)
    assert isinstance(thin, MapPanel)
    assert 2 <= len(thin.steps) < 12
    assert (thin.steps[0], thin.steps[-1]) == (0, 100)
    np.testing.assert_array_equal(thin.classes[-1], large.classes[-1])
    half = lists().take(np.array([0, 2]), np.array([1]))
    assert half.users[0].known == (2,)
    assert _data([half])["panels"][0]["items"] == [0, 1, 2, 1, 2, 3, 2, 0, 1, 1, 2, 3]


@pytest.mark.parametrize("clock", ["flow", "training"])
def test_a_film_moves_over_either_clock(clock: str) -> None:
    panels = [scene_map(), lists()]
    frames = list(movie_frames(panels, clock, size=120, dark=False, seconds=0.2))  # type: ignore[arg-type]
    assert frames[0].shape == (148, 240, 3)
    for left in (0, 120):
        assert (frames[0][:120, left : left + 120] != frames[-1][:120, left : left + 120]).any()


@needs_browser
def test_a_browser_repaints_the_map_and_says_the_class_of_a_pixel(tmp_path: Path) -> None:
    found = ask_page(
        write(tmp_path / "map.html", scene_map()),
        """
        const canvas = document.querySelector("canvas"), tip = document.querySelector(".tip"), box = canvas.getBoundingClientRect();
        const colour = (x, y) => [...canvas.getContext("2d").getImageData(x * canvas.width, y * canvas.height, 1, 1).data.slice(0, 3)];
        const set = async (name, value) => { const clock = document.querySelector(`#clock-${name}`); clock.value = value; clock.dispatchEvent(new Event("input")); await wait(60); };
        await set("training", 0); await set("flow", 1); const before = colour(0.9, 0.5), early = document.querySelector("figcaption span").textContent;
        await set("training", 1); const after = colour(0.9, 0.5), late = document.querySelector("figcaption span").textContent;
        canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + 0.9 * box.width, clientY: box.top + 0.5 * box.height })); await wait(60);
        const words = tip.textContent; canvas.dispatchEvent(new PointerEvent("pointerleave"));
        await set("flow", 0.5); const part = colour(0.9, 0.5), value = document.querySelector("#clock-flow").nextElementSibling.value;
        return { before, after, early, late, words, part, value, label: document.querySelector("label").textContent };
        """,  # noqa: E501
        tmp_path,
    )
    first, second = class_colours(2)
    assert (found["before"], found["after"]) == (list(first), list(second))
    assert found["early"] == "step 0, 50.0 % of test pixels"
    assert found["late"] == "step 100, 100.0 % of test pixels"
    assert found["words"] == "Oats, labelled Oats"
    assert found["part"] not in (list(first), list(second))
    assert (found["label"], found["value"]) == ("Classes", "1 of 2")


@needs_browser
def test_a_browser_lists_the_items_of_the_chosen_user(tmp_path: Path) -> None:
    found = ask_page(
        write(tmp_path / "lists.html", lists()),
        """
        const canvas = document.querySelector("canvas"), tip = document.querySelector(".tip");
        const set = async (name, value) => { const clock = document.querySelector(`#clock-${name}`); clock.value = value; clock.dispatchEvent(new Event("input")); await wait(60); };
        const first = async () => {
          const box = canvas.getBoundingClientRect();
          const line = box.height / (3 + 3 + 2.5);
          canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + 50, clientY: box.top + line * 5 })); await wait(60);
          return tip.textContent;
        };
        await set("training", 0); await set("flow", 1); const early = await first();
        await set("training", 1); const late = await first();
        const users = document.querySelector("figcaption select"); users.value = 1; users.dispatchEvent(new Event("change")); await wait(60);
        return { early, late, other: await first(), names: [...users.options].map(each => each.text), time: document.querySelector("#clock-flow").nextElementSibling.value };
        """,  # noqa: E501
        tmp_path,
    )
    assert found["early"] == "Alpha: rank 1, probability 0.5"
    assert found["late"] == "Gamma: rank 1, probability 0.5, taken later"
    assert found["other"] == "Beta: rank 1, probability 0.5"
    assert found["names"] == ["User 7", "User 9"]
    assert found["time"] == "1 item"
