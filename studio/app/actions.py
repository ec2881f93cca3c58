"""Everything that a person can want from the studio, as methods: what views and commands call.

An action writes the state or sends a command; what the engine makes of it comes back as events.
"""

from studio.app.intents.looking import LookingIntents
from studio.app.intents.training import TrainingIntents

__all__ = ["Actions"]


class Actions(TrainingIntents, LookingIntents):
    """All intents together; see the groups in `studio.app.intents`."""
