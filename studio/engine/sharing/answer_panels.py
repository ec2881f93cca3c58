"""Read what models without particles answered along their training, as panels of a page or a film.

Each answer is computed by a checkpoint of the history: the map of a scene by a classifier, or the
lists of a recommender for held-out users.
"""

import time
from collections.abc import Callable, Generator
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from pushforward.models.contracts.abilities import Classifies, Recommends
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE
from pushforward.models.kinds.cubes import CubeSet
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.layouts.histories import PADDING, sizes, within, without_seen
from pushforward.models.operators.base import Operation
from pushforward.models.operators.recommender_scores import usable_scores
from pushforward.models.operators.scene_maps import classify_pixels, pixels_to_test
from pushforward.models.registry import registry
from pushforward.studio.counts import format_count
from pushforward.studio.engine.kinds.compatibility import picked_kind
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.formats.list_panel import ListedUser, ListPanel
from pushforward.studio.formats.map_panel import MapPanel
from pushforward.studio.store.run import RunFolder

__all__ = ["AnswerPanel", "answer_panel", "can_answer"]

AnswerPanel = MapPanel | ListPanel
Progress: TypeAlias = Generator[tuple[int, int], None, AnswerPanel]
"""Yields how many checkpoints of how many have answered."""

MOST_STEPS, FEWEST_STEPS = 24, 5
SECONDS = 60.0
"""That all maps may take; where they would take longer there are fewer."""
LONGEST = 512  # pixels of a side of a map; of larger scenes every so many are taken
USERS, TIMES, LENGTH = 6, 8, 10
LEAST_HISTORY = 4  # items of a user whose list is shown
ROWS_AT_ONCE = 5


def can_answer(run: RunFolder) -> bool:
    """Return whether a run has checkpoints of a model whose answers are shown."""
    return _panel_of(run) is not None and bool(run.checkpoints.steps())


def answer_panel(run: RunFolder, step: int | None = None) -> Progress:
    """Return the answers of a run up to a training step as a panel.

    Raises:
        Refused: the data or a checkpoint cannot be read.
        ValueError: a checkpoint answers with values that are not finite.
    """
    make = _panel_of(run)
    assert make is not None
    return (yield from make(run, step))


def _panel_of(run: RunFolder) -> Callable[[RunFolder, int | None], Progress] | None:
    spec = run.record.spec
    abilities = registry.get("family", spec.family.slug).capabilities
    kind = picked_kind(spec.dataset)
    if kind == "cubes" and "classify" in abilities:
        return _map_panel
    if kind == "interactions" and "recommend" in abilities:
        return _list_panel
    return None


def _history(run: RunFolder, step: int | None) -> list[int]:
    """Return the steps that answer: evenly chosen ones, those of the history if there is one."""
    there = run.checkpoints.steps()
    newest = [each for each in there if step is None or each <= step]
    return _spread(newest, MOST_STEPS)


def _spread(steps: list[int], most: int) -> list[int]:
    places = np.linspace(0, len(steps) - 1, min(len(steps), most)).round().astype(int)
    return [steps[place] for place in dict.fromkeys(places.tolist())]


def _describe(run: RunFolder, step: int) -> tuple[str, str]:
    spec = run.record.spec
    title = registry.get("family", spec.family.slug).title
    note = f"{title} on {spec.dataset.slug}, {format_count(step, 'training step')}"
    return run.label().name or spec.name, note


def _map_panel(run: RunFolder, step: int | None) -> Progress:
    steps = _history(run, step)
    source = load(run, steps[-1]).resolved.load_data(run.project)
    data = source.rows
    assert isinstance(data, CubeSet)
    scene = data.scene
    # The last one first: it tells how long a map takes, and stays in any case.
    began = time.monotonic()
    maps = {steps[-1]: _classify(run, steps[-1], data)}
    seconds = time.monotonic() - began
    most = max(FEWEST_STEPS, min(MOST_STEPS, int(SECONDS / max(seconds, 1e-3))))
    steps = _spread(steps, most)
    for each in steps[:-1]:
        yield len(maps), len(steps)
        maps[each] = _classify(run, each, data)
    every = -(-max(scene.size) // LONGEST)
    thin = slice(None, None, every)
    tested = torch.zeros(scene.truth.numel(), dtype=torch.bool)
    tested[pixels_to_test(data, source.held)] = True
    colours = (scene.false_colour() * 255).round().byte().movedim(0, 2).numpy()
    title, note = _describe(run, steps[-1])
    return MapPanel(
        title,
        note,
        np.array(steps),
        np.stack([maps[each] for each in steps])[:, thin, thin],
        (scene.truth + 1).byte().numpy()[thin, thin],
        tested.reshape(scene.size).numpy()[thin, thin],
        np.ascontiguousarray(colours[thin, thin]),
        scene.names,
    )


def _classify(run: RunFolder, step: int, data: CubeSet) -> NDArray[np.uint8]:
    """Return the class of each pixel by a checkpoint, (H, W) from 1 on."""
    learner = load(run, step).family
    assert isinstance(learner, Classifies)
    with torch.no_grad():
        work = classify_pixels(Operation(learner), data, ROWS_AT_ONCE)
        while True:
            try:
                next(work)
            except StopIteration as end:
                scores: torch.Tensor = end.value
                break
    return (scores.argmax(dim=1) + 1).byte().reshape(data.scene.size).numpy()


def _list_panel(run: RunFolder, step: int | None) -> Progress:
    steps = _history(run, step)
    source = load(run, steps[-1]).resolved.load_data(run.project)
    data = source.rows if source.held is None else source.held
    assert isinstance(data, InteractionSet)
    users = _choose_users(data)
    places = users.x.shape[1]
    counts = sizes(users.x)
    # The history clock ends before the last item, so that one is left to be found.
    known = torch.stack(
        [((counts - 1) * share).round().long().clamp_min(1) for share in _shares()]
    )  # (T, U)
    shown = torch.arange(places) < known[..., None]
    histories = torch.where(shown, users.x, PADDING).reshape(-1, places)
    items, probabilities = [], []
    for place, each in enumerate(steps):
        yield place, len(steps)
        learner = load(run, each).family
        assert isinstance(learner, Recommends)
        read = within(histories, learner.spec.shape[0])
        with torch.no_grad():
            scores = usable_scores(learner, Batch(read, read != PADDING, {SIZE: sizes(read)}))
        probability = scores.double().softmax(dim=1)
        left = without_seen(scores, histories)
        best = left.topk(min(LENGTH, left.shape[1]), dim=1)
        items.append(torch.where(best.values.isfinite(), best.indices, -1))
        probabilities.append(probability.gather(1, best.indices))
    shape = (len(steps), len(known), len(users), -1)
    title, note = _describe(run, steps[-1])
    return ListPanel(
        title,
        note,
        np.array(steps),
        np.array(_shares()),
        [_listed(users, place, known[:, place]) for place in range(len(users))],
        torch.stack(items).reshape(shape).numpy(),
        torch.stack(probabilities).reshape(shape).numpy(),
        data.titles,
    )


def _shares() -> list[float]:
    return [(at + 1) / TIMES for at in range(TIMES)]


def _choose_users(data: InteractionSet) -> InteractionSet:
    """Return users with histories of the usual length, the first of them in the data."""
    counts = sizes(data.x)
    long = (counts >= min(LEAST_HISTORY, int(counts.max()))).nonzero()[:, 0]
    usual = (counts[long] - counts[long].median()).abs()
    chosen = long[usual.argsort(stable=True)[:USERS]].sort().values
    return data.take(chosen)


def _listed(users: InteractionSet, place: int, known: torch.Tensor) -> ListedUser:
    history = [int(item) - 1 for item in users.x[place] if item != PADDING]
    return ListedUser(f"User {int(users.numbers[place])}", tuple(history), tuple(known.tolist()))
