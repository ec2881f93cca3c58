"""Networks as settings of earlier versions had them: one field for points and one for images."""

from collections.abc import Mapping
from typing import Any

from models.nets.offered import gives

__all__ = ["networks_as_picks"]

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


def _on_grid(kind: str) -> bool:
    """Whether data of a kind had the networks for images: those that have neighbours on a grid."""
    return "grid" in gives(kind)


def _for_images(then: Mapping[str, Any], slug: str, activation: str) -> dict[str, Any]:
    if then.get("kind") == "mlp":
        size = {"width": then.get("units", 512), "depth": then.get("layers", 3)}
        return {"slug": "mlp", "config": {**size, "activation": activation}}
    kept = {name: then[name] for name in ("width", "blocks") if name in then}
    return {"slug": slug, "config": kept}
