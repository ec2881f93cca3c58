"""A setup as a sentence: which settings stand in it, and are therefore in no form. Pure."""

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.draft_spec import Section
from pushforward.studio.app.core.required_runs import wanted_runs
from pushforward.studio.protocol.catalog import Catalog, FieldSpec
from pushforward.studio.protocol.spec import RunSpec

__all__ = ["BUDGET", "FLOW", "Held", "sampler_steps", "sentence_fields"]

BUDGET, FLOW = "training.steps", "family.steps"
STEPS = "steps"
Held = dict[str, tuple[Section, FieldSpec]]


def sentence_fields(spec: RunSpec, catalog: Catalog | None) -> Held:
    """Return the settings that are chosen in the sentence, by "section.path": how long it is
    trained, of a flow without a sampler in how many steps samples are made, and the runs that lead
    them.
    """
    found: Held = {}
    training = _steps(spec, "training", catalog)
    if training is not None:
        found[BUDGET] = ("training", training)
    family = draft_spec.entry_of(spec, "family", catalog)
    own = _steps(spec, "family", catalog)
    flows = family is not None and family.carrier == "flow"
    if own is not None and flows and not draft_spec.samplers(family, catalog):
        found[FLOW] = ("family", own)
    for wanted in wanted_runs(spec, catalog) if catalog is not None else ():
        if wanted.setting is not None:
            found[wanted.path] = ("sampler", wanted.setting)
    return found


def sampler_steps(spec: RunSpec | None) -> int:
    """Return the number of steps of a sampler with explicit settings, 0 if unknown."""
    steps = spec.sampler.config.get(STEPS) if spec is not None and spec.sampler else None
    return steps if isinstance(steps, int) else 0


def _steps(spec: RunSpec, section: Section, catalog: Catalog | None) -> FieldSpec | None:
    entry = draft_spec.entry_of(spec, section, catalog)
    fields = entry.fields if entry is not None else ()
    return next((f for f in fields if f.path == STEPS and f.kind == "int"), None)
