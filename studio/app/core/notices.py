"""Notices: toasts, banners, and their history."""

import itertools
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Literal

from PySide6.QtCore import QObject, Signal

from pushforward.studio.protocol.messages import ErrorInfo

__all__ = ["Notice", "NoticeAction", "Notices"]

Level = Literal["info", "good", "warning", "error"]
_numbers = itertools.count(1)


@dataclass(frozen=True)
class NoticeAction:
    """A button of a notice."""

    title: str
    run: Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message: what happened, why, what to do. A lasting one is a banner until dismissed.

    Notices with the same ``topic`` replace each other, so that one cause never stacks up. ``runs``
    are the keys of those that it is about, () where it is about the studio or its engine. What is
    said ``here`` is about the open project, or about what was to be opened: it leaves when another
    project is open. What is said ``once`` is counted when it is said again with its topic, and
    comes back no more when it was dismissed.
    """

    level: Level
    text: str
    why: str = ""
    todo: str = ""
    details: str = ""
    actions: tuple[NoticeAction, ...] = ()
    lasting: bool = False
    topic: str = ""
    runs: tuple[str, ...] = ()
    here: bool = False
    once: bool = False
    times: int = 1
    number: int = field(default_factory=lambda: next(_numbers))
    at: float = field(default_factory=time.time)

    @property
    def counted(self) -> str:
        """What happened, and how often."""
        return self.text if self.times == 1 else f"{self.text}, {self.times:,} times"


class Notices(QObject):
    """Toasts, banners and the history, newest last, bounded."""

    CAPACITY = 200

    posted = Signal(object)
    undone = Signal(object)  # the NoticeAction of what was taken back
    banners_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history: list[Notice] = []
        self.banners: list[Notice] = []
        self._undoes: list[NoticeAction] = []  # of what can still be taken back, newest last

    def post(self, notice: Notice) -> None:
        """Tell the person."""
        if notice.once and self._count(notice):
            return
        self.history.append(notice)
        del self.history[: -self.CAPACITY]
        if notice.lasting:
            if notice.topic:
                self.banners = [b for b in self.banners if b.topic != notice.topic]
            self.banners.append(notice)
            self.banners_changed.emit()
        self.posted.emit(notice)

    def inform(self, text: str, why: str = "", *, topic: str = "") -> None:
        """Show a passing message."""
        self.post(Notice(level="info", text=text, why=why, topic=topic))

    def undoable(self, back: Callable[[], None]) -> NoticeAction:
        """Return the button of a notice that takes back what was just done: once, by itself or by
        `undo`.
        """

        def once() -> None:
            if made in self._undoes:
                self._undoes.remove(made)
                self.undone.emit(made)
                back()

        made = NoticeAction("Undo", once)
        self._undoes.append(made)
        del self._undoes[: -self.CAPACITY]
        return made

    @property
    def can_undo(self) -> bool:
        """Whether something was done that can be taken back."""
        return bool(self._undoes)

    def undo(self) -> None:
        """Take back what was done last."""
        if self._undoes:
            self._undoes[-1].run()

    def _count(self, notice: Notice) -> bool:
        """Count a message that was said before; return whether it was."""
        said = (old for old in self.history if old.once and old.topic == notice.topic)
        before = next(said, None)
        if before is None:
            return False
        again = replace(before, times=before.times + 1, at=notice.at)
        self.history = [*(old for old in self.history if old is not before), again]
        if before in self.banners:
            self.banners = [again if old is before else old for old in self.banners]
            self.banners_changed.emit()
        return True

    def error(
        self,
        error: ErrorInfo,
        *,
        title: str = "",
        topic: str = "",
        runs: tuple[str, ...] = (),
        here: bool = False,
        lasting: bool = True,
        actions: tuple[NoticeAction, ...] = (),
    ) -> None:
        """Tell the person about an error, with its advice; ``title`` says what was being done."""
        self.post(
            Notice(
                level="error",
                text=title or error.message,
                why=error.message if title else "",
                todo=error.hint,
                details=error.details,
                topic=topic,
                runs=runs,
                here=here,
                lasting=lasting,
                actions=actions,
            )
        )

    def offer(self, topic: str, action: NoticeAction) -> None:
        """Let the banners of a topic offer something more."""
        more = [
            replace(banner, actions=(*banner.actions, action)) if banner.topic == topic else banner
            for banner in self.banners
        ]
        if more != self.banners:
            self.banners = more
            self.banners_changed.emit()

    def dismiss(self, number: int) -> None:
        """Take a banner away."""
        self._keep(lambda banner: banner.number != number)

    def settle(self, topic: str) -> None:
        """Take away the banners of a topic: its cause is gone."""
        self._keep(lambda banner: banner.topic != topic)

    def settle_but(self, prefix: str, topics: Collection[str]) -> None:
        """Take away the banners whose topic has a prefix, other than those of some topics."""
        self._keep(lambda b: not b.topic.startswith(prefix) or b.topic in topics)

    def forget(self, run: str) -> None:
        """Take away the banners about a run: it is not here any more."""
        self._keep(lambda banner: run not in banner.runs)

    def leave(self) -> None:
        """Take away the banners about a project, and what could be undone there: another one is
        open.
        """
        self._undoes = []
        self._keep(lambda banner: not banner.here)

    def _keep(self, wanted: Callable[[Notice], bool]) -> None:
        left = [banner for banner in self.banners if wanted(banner)]
        if len(left) != len(self.banners):
            self.banners = left
            self.banners_changed.emit()
