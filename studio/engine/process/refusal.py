"""A request that cannot be done as asked. Light, so that who only catches one loads no torch."""

from pushforward.studio.protocol.messages import ErrorInfo

__all__ = ["Refused"]


class Refused(Exception):
    """A request that cannot be done as asked; nothing changed. Carries the `ErrorInfo`."""

    def __init__(self, message: str, hint: str = "", *, kind: str = "user", path: str = "") -> None:
        super().__init__(message)
        self.info = ErrorInfo(kind=kind, message=message, hint=hint, path=path)

    @classmethod
    def from_problem(cls, problem: ErrorInfo, path: str | None = None) -> "Refused":
        """Return the refusal that a problem is, at another setting where one is named."""
        where = problem.path if path is None else path
        return cls(problem.message, problem.hint, kind=problem.kind, path=where)
