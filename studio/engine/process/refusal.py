"""A request that cannot be done as asked. Light, so that who only catches one loads no torch."""

from studio.protocol.messages import ErrorInfo

__all__ = ["Refused"]


class Refused(Exception):
    """A request that cannot be done as asked; nothing changed. Carries the `ErrorInfo`."""

    def __init__(self, message: str, hint: str = "", *, kind: str = "user", path: str = "") -> None:
        super().__init__(message)
        self.info = ErrorInfo(kind=kind, message=message, hint=hint, path=path)
