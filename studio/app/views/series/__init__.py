"""The lens of series that were filled in."""

from pushforward.studio.app.views.series.filled import VIEW

__all__ = ["VIEW"]
