"""Images and series of a training step: what each stage has at hand, to one scale."""

import numpy as np
import pytest

from pushforward.studio.app.data_types.images import type as images
from pushforward.studio.app.data_types.series import type as series
from pushforward.studio.app.lenses.explain.steps_view import last_change

IMAGES = np.linspace(0, 1, 2 * 64, dtype=np.float32).reshape(2, 1, 8, 8)
SERIES = np.linspace(-1, 1, 2 * 16, dtype=np.float32).reshape(2, 16, 1)


@pytest.mark.parametrize(("kind", "x"), [(images.KIND, IMAGES), (series.KIND, SERIES)])
def test_a_stage_shows_a_datum_of_all_that_it_has_at_hand(kind, x):
    assert [each.title for each in kind.scene({"real": x})] == ["The data"]
    arrays = {"moved": 3 * x, "velocity": x, "real": x, "particles": 2 * x, "code": x[..., :1]}
    pictures = kind.scene(arrays)
    titles = ["The data", "The particles", "Positions after the step"]
    assert [each.title for each in pictures] == titles
    assert [len(each.tiles) for each in pictures] == [1, 1, 1]


@pytest.mark.parametrize(("kind", "x"), [(images.KIND, IMAGES), (series.KIND, SERIES)])
def test_a_step_of_the_flow_shows_what_was_and_what_came_of_it(kind, x):
    pictures = kind.step({"x": x[:1]}, {"x": x[1:]})
    assert [each.title for each in pictures] == ["Before", "After"]


def test_series_of_a_step_are_drawn_to_one_scale():
    before, after = series.KIND.step({"x": SERIES[:1]}, {"x": 9 * SERIES[:1]})
    spans = [each.tiles.one.keywords["span"] for each in (before, after)]
    np.testing.assert_array_equal(spans[0], spans[1])
    assert spans[0][0] < -8


def test_at_the_end_of_the_flow_the_step_is_the_last_that_changed_something():
    """A small graph is complete long before the end: before and after were the same picture."""
    x = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    assert last_change(x) == 2
    assert last_change(x[2:]) == 2, "the last of all where nothing changes"
