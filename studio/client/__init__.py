"""The client of the engine: starts it, talks to it, notices when it is gone. No Qt, no torch."""
