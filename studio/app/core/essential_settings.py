"""Choose the few settings that a setup shows first."""

from collections.abc import Iterable

from pushforward.studio.app.core.draft_spec import Section
from pushforward.studio.protocol.catalog import FieldSpec

__all__ = ["MOST", "essentials"]

MOST = 8
OWN = 3  # of the model itself, in the order in which it declares them
COMMON = {
    "dataset": ("split", "protocol"),
    "family": (
        "latent.kind",
        "latent.sigma",
        "pixels.use",
        "conditional",
        "optimizer.lr",
        "net.slug",
        "net.config.width",
    ),
    "sampler": ("steps", "guidance.slug", "guidance.config.strength"),
    "training": ("batch", "mirrored", "seed"),
}
"""Settings of all models, as their paths end, the most important first."""
ORDINARY = ("ema", "conditional")

Setting = tuple[Section, FieldSpec]


def essentials(settings: Iterable[Setting]) -> set[tuple[Section, str]]:
    """Return the section and path of at most `MOST` settings.

    Args:
        settings: the plain settings that have an effect now, in their order.
    """
    plain = list(settings)
    own = [each for each in plain if each[0] == "family" and "." not in each[1].path]
    own = [each for each in own if each[1].path not in ORDINARY]
    ordered = [*_common(plain, "dataset"), *_common(plain, "family"), *own[:OWN]]
    ordered += _common(plain, "sampler")
    ordered += [*_common(plain, "training"), *own, *plain]
    paths = dict.fromkeys((section, field.path) for section, field in ordered)
    return set(list(paths)[:MOST])


def _common(settings: Iterable[Setting], section: Section) -> list[Setting]:
    """Return the first setting of a section for each common one."""
    own = [each for each in settings if each[0] == section]
    found = []
    for ending in COMMON[section]:
        ends = (each for each in own if f".{each[1].path}".endswith(f".{ending}"))
        found += [each for each in ends][:1]
    return found
