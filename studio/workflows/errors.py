"""The error of a request that names something that does not exist."""

__all__ = ["UsageError"]


class UsageError(Exception):
    """The request names something that does not exist; the message says what to do. ``more`` are
    further lines, for example one per invalid setting.
    """

    def __init__(self, message: str, *more: str) -> None:
        super().__init__(message)
        self.more = more
