"""What the canvas can show, and to which of the four destinations of the rail it belongs."""

from typing import Literal

__all__ = ["DESTINATIONS", "TITLES", "Destination", "Place", "destination_of"]

Place = Literal["discover", "setup", "run", "runs", "data", "help"]
Destination = Literal["discover", "data", "runs", "learn"]

DESTINATIONS: tuple[Destination, ...] = ("discover", "data", "runs", "learn")
TITLES: dict[Destination, str] = {
    "discover": "Discover",
    "data": "Data",
    "runs": "Runs",
    "learn": "Learn",
}

_OF: dict[Place, Destination] = {
    "discover": "discover",
    "data": "data",
    "setup": "runs",
    "run": "runs",
    "runs": "runs",
    "help": "learn",
}


def destination_of(place: Place) -> Destination:
    """Return the destination that a place belongs to."""
    return _OF[place]
