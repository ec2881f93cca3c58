"""What a setup comes to, in a line: what it is, what it costs, and its command."""

from studio.app.state import drafts, switch
from studio.app.state.draft import Draft
from studio.app.state.expected import expected
from studio.app.state.session import AppState
from studio.app.words import duration
from studio.protocol.catalog import Catalog

__all__ = ["costs", "takes"]

CARRIED = {"flow": "particles", "particles": "particles", "generator": "generator"}


def costs(draft: Draft, catalog: Catalog | None) -> str:
    """Return what the engine says of a setup; broken into lines between two facts, within none."""
    facts = []
    entry = drafts.entry_of(draft.spec, "family", catalog)
    if entry is not None and entry.field in switch.FIELDS:
        facts.append(f"{switch.FIELDS[entry.field]} × {CARRIED[entry.carrier]}")
    if draft.evaluations:
        many = "s" if draft.evaluations > 1 else ""
        facts.append(f"{draft.evaluations:,} evaluation{many} a sample")
    if draft.parameters:
        facts.append(f"{draft.parameters:,} parameters")
    if draft.bytes:
        facts.append(f"about {draft.bytes / 2**20:,.0f} MB")
    return " · ".join(fact.replace(" ", "\u00a0") for fact in facts)


def takes(draft: Draft, state: AppState) -> tuple[str, str]:
    """Return how long the training takes, and where; "" where nothing is known."""
    known = expected(draft, state)
    if known is None:
        return "", ""
    where = "on this computer" if known.here or state.engine.device == "cpu" else "on a CPU"
    return f"{known.about} {duration(known.seconds)}", where
