"""Lenses of recommenders."""

from pushforward.studio.app.views.recommend.history import VIEW

__all__ = ["VIEW"]
