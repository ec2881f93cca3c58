"""The closer look at a choice of a list: what it is, where it comes from, a picture of data."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout
from shiboken6 import isValid

from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.core.data_type import Kind, named
from pushforward.studio.app.core.data_type_registry import fitting
from pushforward.studio.app.design.basic import clear, label, row
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.places.setup.pickers.data_preview import DataPreview
from pushforward.studio.app.places.setup.pickers.option import Option
from pushforward.studio.app.places.setup.pickers.picker_frame import Look

__all__ = ["DataLook", "ListLook"]

PAUSE = 0.2  # seconds that something is highlighted before its picture is asked for
NAMES = 104  # pixels of the names of facts


class ListLook(Look):
    """Title, summary, facts, and why not."""

    def __init__(self) -> None:
        super().__init__()
        self.title = label("", "heading", wrap=True)
        self.summary = label("", "muted", wrap=True)
        self.why = label("", "warm", wrap=True)
        self._facts = QVBoxLayout()
        self._facts.setSpacing(4)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(16, 14, 16, 12)
        self.body.setSpacing(6)
        self.body.addWidget(self.title)
        self.body.addWidget(self.summary)
        self.body.addWidget(self.why)
        self.body.addSpacing(4)
        self.body.addLayout(self._facts)
        self.body.addStretch(1)

    def show_option(self, option: Option | None) -> None:
        self.title.setText(option.title if option is not None else "")
        self.summary.setText(option.summary if option is not None else "")
        self.why.setText(option.why_not if option is not None else "")
        self.why.setVisible(bool(self.why.text()))
        clear(self._facts)
        for name, value in option.facts if option is not None else ():
            title = label(name, "muted", wrap=True)
            title.setFixedWidth(NAMES)
            line = row(title, label(value, wrap=True), gap=8)
            line.setStretch(1, 1)
            line.setAlignment(title, Qt.AlignmentFlag.AlignTop)
            self._facts.addLayout(line)


Asked = Callable[[str], Awaitable[tuple[Any, dict[str, Any], dict[str, Any]]]]


class DataLook(ListLook):
    """With some of the data, which are asked for when one has been highlighted for a moment."""

    def __init__(self, ask: Asked, kind_of: Callable[[str], Kind]) -> None:
        super().__init__()
        self._ask, self._kind_of = ask, kind_of
        self._asked: asyncio.Task[None] | None = None
        self._shown = ""
        self.data = DataPreview()
        self.data.setFixedHeight(180)
        self.body.insertWidget(0, self.data)
        self.destroyed.connect(self._forget)

    def _forget(self) -> None:
        if self._asked is not None:
            self._asked.cancel()

    def show_option(self, option: Option | None) -> None:
        super().show_option(option)
        slug = str(option.value) if option is not None else ""
        if slug == self._shown:
            return
        self._shown = slug
        self._forget()
        self.data.setVisible(bool(slug))
        if slug:
            kind = self._kind_of(slug)
            self.data.show_data(None, kind, (), kind.loading)
            self._asked = async_tasks.spawn(self._load(slug, kind))

    async def _load(self, slug: str, kind: Kind) -> None:
        await asyncio.sleep(PAUSE)
        try:
            x, parts, facts = await self._ask(slug)
        except Refused as refused:
            if not isValid(self.data):
                return
            self.data.show_data(None, kind, (), refused.error.message)
            return
        if not isValid(self.data):
            return  # the picker was left meanwhile
        kind = fitting(kind, x.shape[1:])
        columns = tuple(facts.get("columns") or ())
        told = named(parts, tuple(facts.get("names") or ()))
        self.data.show_data(x, kind, columns, "", told)
