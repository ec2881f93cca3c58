"""What a setup comes to, in a line: what it is, what it costs, and its command."""

from pushforward.studio.app.core import draft_spec, field_carrier_switch
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.diffusion_choices import guidance_of
from pushforward.studio.app.core.draft import Draft
from pushforward.studio.app.core.run_comparison import training_value
from pushforward.studio.app.places.setup.expected_cost import expected
from pushforward.studio.counts import format_count, format_split
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import project_name

__all__ = ["costs", "takes", "used"]

FEWEST = 16  # samples, of fewer of which a figure says next to nothing
PAIRED = 4  # data held out, fewer of which make no two halves: these are taken of what is learned
DEAR = 500  # evaluations a sample from which drawing some hundred takes minutes
FRESH = "Every batch is freshly sampled."
CARRIED = {"flow": "particles", "particles": "particles", "generator": "generator"}


def costs(draft: Draft, catalog: Catalog | None) -> str:
    """Return what the engine says of a setup; broken into lines between two facts, within none."""
    facts = []
    entry = draft_spec.entry_of(draft.spec, "family", catalog)
    if entry is not None and entry.field in field_carrier_switch.FIELDS:
        facts.append(f"{field_carrier_switch.FIELDS[entry.field]} × {CARRIED[entry.carrier]}")
    if draft.evaluations:
        led = " with guidance" if guidance_of(draft.spec) else ""
        facts.append(f"{format_count(draft.evaluations, 'evaluation')} a sample{led}")
    if draft.parameters:
        facts.append(f"{draft.parameters:,} parameters")
    if draft.bytes:
        facts.append(f"about {draft.bytes / 2**20:,.0f} MB")
    return " · ".join(fact.replace(" ", "\u00a0") for fact in facts)


def used(draft: Draft, catalog: Catalog | None) -> tuple[int | None, str]:
    """Return how many data there are for the training, None before they have been looked at, and
    what it makes of them in a sentence. A preview is of as many as can be seen: of data that are
    drawn, the training says how many.
    """
    n, takes = draft.facts.get("n"), training_value(draft.spec, "samples", catalog)
    shares = " · ".join(
        filter(None, (format_split(draft.facts.get("shares") or {}), _measured(draft, catalog)))
    )
    entry = draft_spec.entry_of(draft.spec, "dataset", catalog)
    imported = project_name(draft.spec.dataset.slug) is not None
    if n is None or entry is None or imported or takes is None:
        return n, shares
    if not entry.size:
        return (int(takes), shares) if takes else (n, FRESH)
    if 0 < takes < n:
        shares = " · ".join(filter(None, (shares, f"the training takes {takes:,}, by its seed")))
    return n, shares


def _measured(draft: Draft, catalog: Catalog | None) -> str:
    """Return the number of samples of metrics if too few are held out: half of them against the
    other half, for the floor.
    """
    held = int((draft.facts.get("shares") or {}).get("measured", 0))
    wanted = training_value(draft.spec, "evaluate_samples", catalog)
    family = draft_spec.entry_of(draft.spec, "family", catalog)
    if family is None or "samples" not in family.capabilities or not held or not wanted:
        return ""
    most = held // 2
    if most >= wanted or held < PAIRED:
        return ""
    if most < FEWEST:
        return f"metrics use {format_count(most, 'sample')}: too few to conclude anything"
    return f"metrics use {most:,} samples, half of them"


def takes(draft: Draft, state: AppState) -> tuple[str, str]:
    """Return how long the training takes, and where; "" where nothing is known."""
    known = expected(draft, state)
    if known is None:
        return "", ""
    elsewhere = "not timed on this computer" if state.engine.device == "cpu" else "on a CPU"
    where = "on this computer" if known.here else elsewhere
    if draft.evaluations and draft.evaluations >= DEAR:
        where = "plus drawing samples"
    return known.format, where
