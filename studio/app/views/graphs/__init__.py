"""The lenses of graphs: their way from noise, and a table on which they are edited."""

from studio.app.views.graphs.edit import VIEW as EDIT
from studio.app.views.graphs.flow import VIEW as FLOW

__all__ = ["VIEWS"]

VIEWS = (FLOW, EDIT)
