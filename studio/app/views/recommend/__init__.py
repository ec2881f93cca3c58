"""Lenses of recommenders."""

from studio.app.views.recommend.history import VIEW

__all__ = ["VIEW"]
