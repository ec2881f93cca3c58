"""The lenses of images: the edit lab."""

from studio.app.views.images.edit import VIEW as EDIT

__all__ = ["VIEWS"]

VIEWS = (EDIT,)
