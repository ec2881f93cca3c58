"""The lens of a hyperspectral scene."""

from pushforward.studio.app.views.cubes.scene import VIEW

__all__ = ["VIEW"]
