"""The live picture on the real engine: it goes on whatever was looked at before."""

import pytest
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.runs import RunState
from tests.e2e.conftest import Person
from tests.qtloop import until

POINTS, PICTURES = "gan-ring-of-five", "digits-gan"


def on_screen(person: Person) -> int:
    """The step of the picture that is seen, -1 for none."""
    lens: QWidget | None = person.window.canvas.lenses.view
    record = getattr(lens, "_record", None)
    return -1 if record is None else int(record.step)


async def moves_on(person: Person, run: RunState, times: int = 3) -> None:
    """Wait until some more live pictures were seen, one after the other."""
    for _ in range(times):
        seen = on_screen(person)
        await until(lambda seen=seen: run.live is not None and on_screen(person) > seen, 60)
        assert run.live is not None
        assert on_screen(person) >= run.live.step


async def train(person: Person, recipe: str) -> RunState:
    person.state.go("discover")
    run = await person.train(recipe, steps=1_000_000, particles=256)
    await until(lambda: run.state == "running", 60)
    return run


@pytest.mark.parametrize("kinds", [(POINTS, PICTURES, POINTS)], ids=["points, pictures, points"])
async def test_the_live_picture_goes_on_from_kind_to_kind_and_after_scrubbing(
    person: Person, kinds: tuple[str, ...]
) -> None:
    await person.open()
    for kind in kinds:
        run = await train(person, kind)
        await moves_on(person, run)
        # Back and forth, quickly: what was granted before must not be missing afterwards.
        for _ in range(3):
            person.state.playback.set(step=run.kept[0])
            person.state.playback.set(step=None)
            await moves_on(person, run, times=2)
        person.studio.actions.training.stop()
        await until(lambda run=run: run.state == "cancelled", 30)
