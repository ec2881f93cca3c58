"""The lenses of jets: their way from noise, and their mean images."""

from pushforward.studio.app.views.jets.flow import VIEW as FLOW
from pushforward.studio.app.views.jets.means import VIEW as MEANS

__all__ = ["VIEWS"]

VIEWS = (FLOW, MEANS)
