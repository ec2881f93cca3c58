"""Quality, data by data: what stands against what, what is counted of it, how that is drawn."""

from pushforward.studio.app.views.distributions.view import VIEW

__all__ = ["VIEW"]
