"""What a lens says where it has nothing to show: why, and what to do about it."""

from collections.abc import Callable
from functools import partial

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.data_type_registry import family_of_run
from pushforward.studio.app.data.views.view_spec import LENSES, Lens
from pushforward.studio.app.engine.actions import Actions

__all__ = ["Words", "nothing_in"]

Words = tuple[str, str, str, Callable[[], None] | None]
"""A title, a sentence, and what is done by a button: its words and what it does, "" for none."""


def nothing_in(lens: Lens, state: AppState, actions: Actions) -> Words:
    """Return the words of a lens that has no view of what is selected."""
    run, catalog = state.runs.current, state.catalog
    discover = ("Discover recipes", lambda: actions.places.visit("discover"))
    if run is None:
        return "No run is selected", "Choose a run on the left, or train one.", *discover
    if catalog is None:
        return "Waiting for the engine", "Loading the models…", "", None
    if run.spec is None:
        return "Nothing to show yet", "The settings of this run are not known yet.", "", None
    family = family_of_run(run, catalog)
    title = family.title if family is not None else run.spec.family.slug
    if lens == "explain":
        return "No explanation for this run", _unexplained(title), *discover
    to: Lens = "samples" if lens == "watch" else "quality"
    nothing, what = (
        ("Nothing moves here", "Its samples are under Samples.")
        if to == "samples"
        else ("No samples", "Its metrics are under Quality.")
    )
    text = f"{title} generates no samples. {what}"
    return nothing, text, f"Open {LENSES[to]}", partial(state.window.show_lens.emit, to)


def _unexplained(title: str) -> str:
    """Say what a run has not that could be explained."""
    return (
        f"The step of {title} is not divided into stages and has no critic. Try a GAN or a "
        "Discriminator Flow on points."
    )
