"""Settings of earlier versions: networks as one field for points and one for images, what a GAN, a
Score GAN and a VAE of images were, and how strongly networks were conditioned on a class.
"""

from collections.abc import Mapping
from typing import Any

from pushforward.models.entries import Upgrade
from pushforward.models.nets.offered import gives

__all__ = [
    "gan_by_log_ratio",
    "gaussian_prior",
    "networks_as_picks",
    "score_gan_unmodulated",
    "unbalanced",
]

# All settings that networks had before there were balanced ones.
_WHOLE = {
    "mlp": {"width", "depth", "frequencies", "activation"},
    "dcgan": {"width", "modulated"},
}
# The field of today, that for images of then, its network of today, and how a fully connected one
# was activated.
_FIELDS = (
    ("net", "image_net", "unet", "silu"),
    ("critic", "image_critic", "dcgan", "leaky-relu"),
    ("generator", "image_generator", "dcgan", "relu"),
)


def networks_as_picks(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return settings in which networks are picks; a `models.entries.Upgrade`."""
    found, on_grid = dict(config), _on_grid(kind)
    for field, image_field, slug, activation in _FIELDS:
        images = found.pop(image_field, None)
        points = found.get(field)
        earlier = isinstance(points, Mapping) and not {"slug", "config"} & points.keys()
        if on_grid:
            # What stood for points meant nothing for images.
            if earlier:
                del found[field]
            if images is not None:
                found[field] = _for_images(images, slug, activation)
        elif earlier and points:
            found[field] = {"slug": "mlp", "config": dict(points)}
    return found


def gan_by_log_ratio(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return settings of a GAN in which networks are picks; those of images that were written down
    before these had a Wasserstein GAN and a modulated generator have neither. A setup that says
    little is new. A `models.entries.Upgrade`.
    """
    found = networks_as_picks(config, kind)
    pick = found.get("generator", {})
    if not isinstance(pick, Mapping):
        return found  # refused where it is read
    fields = {"image_generator", "image_critic"} & config.keys()
    whole = "slug" in pick and "modulated" not in pick.get("config", {}) and "place" in found
    if not (_on_grid(kind) and (fields or whole)):
        return found
    if pick.get("slug", "dcgan") == "dcgan":
        own = {"modulated": False, **pick.get("config", {})}
        found["generator"] = {"slug": "dcgan", "config": own}
    for name in ("generator_optimizer", "critic_optimizer"):
        found[name] = {"beta1": 0.5, "beta2": 0.999, **found.get(name, {})}
    return {"loss": "logistic", "penalty": 1.0, "centre": 0.0, **found}


def gaussian_prior(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return settings of a VAE whose prior is N(0, I) where they were written down before any other
    was. A setup that says little is new. A `models.entries.Upgrade`.
    """
    whole = {"encoder", "decoder", "latent", "beta"} <= config.keys()
    return {"couplings": 0, **config} if whole else dict(config)


def score_gan_unmodulated(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return settings of a Score GAN in which networks are picks; the generator of images is
    modulated only where that was written down, but for a setup that says little, which is new. A
    `models.entries.Upgrade`.
    """
    found = networks_as_picks(config, kind)
    pick = found.get("generator", {})
    if not isinstance(pick, Mapping):
        return found  # refused where it is read
    whole = "image_generator" in config or ("slug" in pick and "warm_start" in found)
    if _on_grid(kind) and whole and pick.get("slug") == "dcgan":
        own = {"modulated": False, **pick.get("config", {})}
        found["generator"] = {"slug": "dcgan", "config": own}
    return found


def unbalanced(before: Upgrade = lambda config, kind: dict(config)) -> Upgrade:
    """Return an upgrade that, after one of earlier settings, keeps the scale of the class condition
    that networks had when they were saved. A pick that says little is new.
    """

    def upgrade(config: Mapping[str, Any], kind: str) -> dict[str, Any]:
        found = before(config, kind)
        for name, pick in found.items():
            if not isinstance(pick, Mapping):
                continue
            own, whole = pick.get("config"), _WHOLE.get(pick.get("slug", ""))
            if isinstance(own, Mapping) and whole and own.keys() >= whole:
                found[name] = {**pick, "config": {"balanced": False, **own}}
        return found

    return upgrade


def _on_grid(kind: str) -> bool:
    """Whether data of a kind had the networks for images: those that have neighbours on a grid."""
    return "grid" in gives(kind)


def _for_images(then: Mapping[str, Any], slug: str, activation: str) -> dict[str, Any]:
    if then.get("kind") == "mlp":
        size = {"width": then.get("units", 512), "depth": then.get("layers", 3)}
        return {"slug": "mlp", "config": {**size, "activation": activation}}
    kept = {name: then[name] for name in ("width", "blocks") if name in then}
    return {"slug": slug, "config": kept}
