"""What moves the particles of a run, as a formula, and whose it is. Pure."""

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.diffusion_choices import guidance_of, sampled
from pushforward.studio.protocol.catalog import Catalog
from pushforward.studio.protocol.spec import RunSpec

__all__ = ["motion_of"]


def motion_of(spec: RunSpec | None, catalog: Catalog | None) -> tuple[str, str]:
    """Return the formula and its source, "" where nothing moves. It is the motion of the model, but
    for a sampler that adds noise, which goes no way of the model's; and where something leads the
    samples, what that makes of the denoiser stands behind it.
    """
    family = catalog.get("family", spec.family.slug) if spec is not None and catalog else None
    if spec is None or catalog is None or family is None:
        return "", ""
    spec = sampled(spec, catalog)
    sampler = draft_spec.entry_of(spec, "sampler", catalog)
    moves = sampler if sampler is not None and not sampler.ode and family.motion else family
    led = catalog.get("guidance", guidance_of(spec)) if sampler is not None else None
    said = [moves.motion, led.motion if led is not None else ""]
    # What its letters stand for is said where the sampler is chosen.
    formula = ",  ".join(part.split(",  ")[0] for part in said if part)
    # The first work that a sampler names is that of its step; the others are of its variants.
    return formula, moves.source if moves is family else moves.source.split(";")[0]
