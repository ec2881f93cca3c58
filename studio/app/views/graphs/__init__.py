"""The lenses of graphs: their way from noise, a table on which they are edited, and sentences that
are typed and come out as their trees.
"""

from pushforward.studio.app.views.graphs.edit import VIEW as EDIT
from pushforward.studio.app.views.graphs.flow import VIEW as FLOW
from pushforward.studio.app.views.graphs.parsed import VIEW as PARSED

__all__ = ["VIEWS"]

VIEWS = (FLOW, EDIT, PARSED)
