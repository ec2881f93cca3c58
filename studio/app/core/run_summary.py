"""A run in words, wherever it is listed: what it is called, how it is doing, what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass

from pushforward.studio.app.core import snapshot_text
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.branch_replay import replay_of
from pushforward.studio.app.core.display_names import branch_title, metric_title, numbered
from pushforward.studio.app.core.latest_metrics import first_metric, newest_figure
from pushforward.studio.app.core.operator_results import number_of, operator_of
from pushforward.studio.app.core.queue_status import waits_for
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.app.core.training_sources import describe_input
from pushforward.studio.app.text import metric_reference, number_format
from pushforward.studio.protocol.catalog import Catalog

__all__ = [
    "STATES", "RunWords", "quality", "result_title", "result_words", "say", "state_of", "title_of",
]  # fmt: skip

# The colour of a run's dot, and the word that says the same.
STATES = {
    "queued": ("muted", "waiting"),
    "running": ("accent", "training"),
    "paused": ("warm", "paused"),
    "finished": ("good", "trained"),
    "cancelled": ("muted", "stopped"),
    "interrupted": ("warm", "interrupted"),
    "dropped": ("muted", "left the queue"),
    "failed": ("danger", "failed"),
}


@dataclass(frozen=True, kw_only=True)
class RunWords:
    """Text of a run's line: its name, a metric value, the colour token of its dot, its progress in
    [0, 1] (None if not training), and a spoken summary.
    """

    text: str
    note: str
    dot: str
    progress: float | None
    spoken: str


def title_of(run: RunState) -> str:
    """Return a run as people read it, with the step at which a branch left its parent, or what it
    learned from.
    """
    name = numbered(run)
    if run.branch_step is not None:
        return f"{name} {branch_title(run)}"
    inputs = run.spec.inputs if run.spec is not None else {}
    return " · ".join([name, *(describe_input(each, ref) for each, ref in inputs.items())])


def quality(run: RunState, metric: str = "") -> tuple[str, str]:
    """Return a metric, by default the run's first one, and its newest value, "" if it has none; of
    few samples, with how many.
    """
    slug = metric or first_metric(run)
    found = newest_figure(run, slug)
    if found is None:
        return "", ""
    of = f" (n = {found.n:,})" if metric_reference.few(found.n) else ""
    return slug, f"{number_format.figure(found.value)}{of}"


def _in_line(figure: str) -> str:
    """Return the short form of a metric value next to a name; for few samples only their number."""
    return figure.partition(" (")[2].rstrip(")") or figure


def state_of(runs: Sequence[RunState]) -> str:
    """Return the state of several runs together: that of those still under way, or the worst."""
    states = {run.state for run in runs}
    order = ("running", "paused", "queued", "failed", "interrupted", "cancelled", "dropped")
    return next((state for state in order if state in states), "finished")


def result_title(run: RunState | None, name: str, catalog: Catalog | None) -> str:
    """Return what was done for a result of a run, by its name: "0001-generate"."""
    operator = operator_of(name)
    entry = catalog.get("operator", operator) if catalog is not None else None
    if entry is not None:
        return entry.title
    # The catalogue comes with the engine, which is not there yet when a project is opened.
    read = run.result_titles.get(name, "") if run is not None else ""
    return read or operator.replace("-", " ").capitalize()


def result_words(run: RunState | None, name: str, catalog: Catalog | None) -> RunWords:
    """Return what the line of a result of a run says, by its name. What a person calls it stands in
    the place of what was done.
    """
    done = result_title(run, name, catalog)
    given = run.result_names.get(name, "") if run is not None else ""
    text = f"{number_of(name)} {given or done}"
    spoken = f"Result {text}" + (f", {done}" if given else "")
    return RunWords(text=text, note="result", dot="", progress=None, spoken=spoken)


def say(state: AppState, runs: Sequence[RunState], text: str, metric: str = "") -> RunWords:
    """Return what the line of a run, or of all runs of a race, says under a name: a value of
    ``metric`` only where one is given, since lines below each other are compared.
    """
    doing = state_of(runs)
    dot, word = STATES.get(doing, ("muted", doing))
    total = sum(run.total for run in runs)
    done = sum(run.step for run in runs)
    under_way = doing in ("running", "paused") and total > 0
    single = runs[0] if len(runs) == 1 else None
    progress: float | None
    replay = replay_of(single) if single is not None else None
    if replay is not None:
        spoken = [text, word, replay.text, replay.left]
        note, figure, progress = f"replay {100 * replay.share:.0f} %", "", replay.share
        spoken.append(note)
    else:
        waits = waits_for(state, runs[0]) if runs else ""
        slug, figure = quality(single) if single is not None else ("", "")
        note = f"{100 * done // total} %" if under_way else "waits" if waits else figure
        progress = done / total if under_way else None
        of = "" if under_way else metric_title(slug, state.catalog)
        spoken = [text, waits or word + (snapshot_text.elsewhere(runs[0]) if runs else "")]
        spoken.append(f"{of} {note}".strip() if note else "")
        if metric and note == figure and single is not None:
            note = quality(single, metric)[1]
        note = _in_line(note) or (word if doing == "queued" else "")  # which is said already
    if single is not None:
        spoken += _label_text(single)
        text += " · baseline" if single.label.baseline else ""
    heard = ", ".join(filter(None, spoken))
    return RunWords(text=text, note=note, dot=dot, progress=progress, spoken=heard)


def _label_text(run: RunState) -> list[str]:
    """Return the user's label of a run besides its name."""
    label = run.label
    return ["baseline" if label.baseline else "", ", ".join(label.tags), label.note]
