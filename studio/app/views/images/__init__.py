"""The lenses of images: films of their making, and the edit lab."""

from studio.app.views.images.edit import VIEW as EDIT
from studio.app.views.images.film import VIEW as FILM

__all__ = ["VIEWS"]

VIEWS = (FILM, EDIT)
