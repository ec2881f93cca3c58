"""By which sampler, and led by what, samples of a run were drawn, and whether its figures are of
such samples. Pure.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from pushforward.studio.app.core.diffusion_choices import guidance_of, sampled
from pushforward.studio.app.core.run_comparison import nfe
from pushforward.studio.app.core.runs import RunState
from pushforward.studio.counts import format_count
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = ["drawn_by", "evaluations_of", "figures_apart", "sampled_by"]

_GUIDANCE = "guidance"
_UNLED = "without guidance"


def drawn_by(spec: RunSpec | None, drawn: Pick, catalog: Catalog | None) -> str:
    """Name a sampler that drew for a run, its steps and what led it: "Heun (EDM) in 18 steps,
    guidance 2".
    """
    if spec is None or catalog is None:
        return drawn.slug
    by = msgspec.structs.replace(spec, sampler=drawn)
    return ", ".join([_sampler(by, catalog), *_leading(by, catalog)])


def evaluations_of(run: RunState) -> str:
    """Return the network evaluations per sample of a run's evaluations, "" if unknown."""
    n = nfe(run)
    if n is None:
        return ""
    led = run.spec is not None and guidance_of(run.spec)
    return f"{format_count(n, 'evaluation')} {_UNLED}" if led else format_count(n, "evaluation")


def sampled_by(own: RunSpec | None, drawn: Pick | None, catalog: Catalog | None) -> str:
    """Say how samples were drawn, by ``drawn`` or, where that is None, as the run itself draws:
    what leads them, and the sampler where it is not the run's own; "" for nothing to say.
    """
    if own is None or catalog is None:
        return ""
    spec = _describe_sampler(own, drawn, catalog)
    said = [_sampler(spec, catalog)] if _differs(own, drawn, catalog) else []
    if guidance_of(spec):
        said += _leading(spec, catalog)
    elif guidance_of(own):
        said.append(_UNLED)
    return ", ".join(said)


def figures_apart(
    own: RunSpec | None, drawn: Pick | None, catalog: Catalog | None, averaged: bool = False
) -> str:
    """Describe how samples differ from those of the run's metrics, "" if not: metrics use the run's
    sampler without guidance, and its own EMA weights. ``averaged`` tells that the samples use
    another averaging length.
    """
    if own is None or catalog is None:
        return ""
    spec = _describe_sampler(own, drawn, catalog)
    how = [
        *([_sampler(sampled(own, catalog), catalog)] if _differs(own, drawn, catalog) else []),
        *([_UNLED] if guidance_of(spec) else []),
        *(["with its own EMA weights"] if averaged else []),
    ]
    if how == [_UNLED]:
        led = _describe_guidance(spec, catalog)
        return f"These samples are guided by {led}. The metrics of the run are of samples {_UNLED}."
    return f"The metrics of the run are of different samples: {', '.join(how)}." if how else ""


def _describe_sampler(own: RunSpec, drawn: Pick | None, catalog: Catalog) -> RunSpec:
    spec = sampled(own, catalog)
    return spec if drawn is None else msgspec.structs.replace(spec, sampler=drawn)


def _differs(own: RunSpec, drawn: Pick | None, catalog: Catalog) -> bool:
    """Return whether samples used another sampler or other settings than the run, apart from
    guidance.
    """
    mine = sampled(own, catalog).sampler
    if drawn is None or mine is None:
        return False
    said = {name: value for name, value in mine.config.items() if name != _GUIDANCE}
    return drawn.slug != mine.slug or not _holds(drawn.config, said)


def _holds(whole: Any, part: Any) -> bool:
    """Whether settings have the values that others say."""
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(name in whole and _holds(whole[name], each) for name, each in part.items())
    return bool(whole == part)


def _sampler(spec: RunSpec, catalog: Catalog) -> str:
    """Name a sampler and its steps: "Heun (EDM) in 18 steps"."""
    assert spec.sampler is not None
    entry, steps = catalog.get("sampler", spec.sampler.slug), spec.sampler.config.get("steps")
    if steps is None and entry is not None:
        steps = next((field.default for field in entry.fields if field.path == "steps"), None)
    title = entry.title if entry is not None else spec.sampler.slug
    return f"{title} in {steps:,} steps" if isinstance(steps, int) else title


def _leading(spec: RunSpec, catalog: Catalog) -> list[str]:
    """Say that a sampler is led, and how strongly; nothing of one that is not."""
    if not guidance_of(spec):
        return []
    strength = _strength(spec, catalog)
    return ["guidance" if strength is None else f"guidance {strength:g}"]


def _describe_guidance(spec: RunSpec, catalog: Catalog) -> str:
    """Name what leads, and how strongly: "classifier-free guidance of strength 2"."""
    slug, strength = guidance_of(spec), _strength(spec, catalog)
    entry = catalog.get("guidance", slug)
    title = entry.title if entry is not None else slug
    said = f"{title[:1].lower()}{title[1:]} guidance"
    return said if strength is None else f"{said} of strength {strength:g}"


def _strength(spec: RunSpec, catalog: Catalog) -> float | None:
    """Return how strongly samples are led, None where that has no number."""
    assert spec.sampler is not None
    entry, pick = catalog.get("guidance", guidance_of(spec)), spec.sampler.config[_GUIDANCE]
    fields = entry.fields if entry is not None else []
    usual = next((field.default for field in fields if field.path == "strength"), None)
    config = pick.get("config", {}) if isinstance(pick, Mapping) else {}
    strength = config.get("strength", usual)
    return float(strength) if isinstance(strength, int | float) else None
