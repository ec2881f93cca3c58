"""The lenses of images: films of their making, the edit lab, the guidance lab, anomalies and
purification.
"""

from pushforward.studio.app.views.images.anomaly import VIEW as ANOMALY
from pushforward.studio.app.views.images.edit import VIEW as EDIT
from pushforward.studio.app.views.images.film import VIEW as FILM
from pushforward.studio.app.views.images.guidance import VIEW as GUIDANCE
from pushforward.studio.app.views.images.purified import VIEW as PURIFIED

__all__ = ["VIEWS"]

VIEWS = (FILM, EDIT, GUIDANCE, ANOMALY, PURIFIED)
