"""The one error of the API, and how errors of the product become it."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["PushforwardError", "translated"]


class PushforwardError(Exception):
    """Something cannot be done as requested: what is wrong, where, and what to do.

    Attributes:
        hint: what to do, "" if the message says it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.hint = hint


@contextmanager
def translated() -> Iterator[None]:
    """Raise `PushforwardError` in place of the errors of the parts of the product."""
    from pushforward.studio.engine.process.refusal import Refused
    from pushforward.studio.store.errors import StoreError
    from pushforward.studio.workflows.errors import UsageError

    try:
        yield
    except Refused as refused:
        raise PushforwardError(refused.info.message, refused.info.hint) from refused
    except UsageError as error:
        # Settings are named as on the command line, without its option.
        message = str(error).removeprefix("--set ")
        raise PushforwardError("\n".join([message, *error.more])) from error
    except StoreError as error:
        raise PushforwardError(str(error)) from error
