"""The closer look at a choice of a list: what it is, where it comes from, a picture of data."""

from collections.abc import Awaitable, Callable
from typing import Any

from PySide6.QtCore import Qt

from pushforward.studio.app.core.data_type import Kind, named
from pushforward.studio.app.core.data_type_registry import fitting
from pushforward.studio.app.design.basic import clear, column, label, row
from pushforward.studio.app.engine.query import Query
from pushforward.studio.app.engine.requests.request_base import Refused
from pushforward.studio.app.places.setup.pickers.data_preview import DataPreview
from pushforward.studio.app.places.setup.pickers.option import Option
from pushforward.studio.app.places.setup.pickers.picker_frame import Look

__all__ = ["DataLook", "ListLook"]

PAUSE_MS = 200  # how long an option is highlighted before its preview is requested
NAMES = 104  # pixels of the names of facts


class ListLook(Look):
    """Title, summary, facts, and why not."""

    def __init__(self) -> None:
        super().__init__()
        self.title = label("", "heading", wrap=True)
        self.summary = label("", "muted", wrap=True)
        self.why = label("", "warm", wrap=True)
        self._facts = column(gap=4)
        self.body = column(
            self.title,
            self.summary,
            self.why,
            4,
            self._facts,
            None,
            parent=self,
            gap=6,
            margins=(16, 14, 16, 12),
        )

    def show_option(self, option: Option | None) -> None:
        self.title.setText(option.title if option is not None else "")
        self.summary.setText(option.summary if option is not None else "")
        self.why.setText(option.why_not if option is not None else "")
        self.why.setVisible(bool(self.why.text()))
        clear(self._facts)
        for name, value in option.facts if option is not None else ():
            title = label(name, "muted", wrap=True)
            title.setFixedWidth(NAMES)
            line = row(title, (label(value, wrap=True), 1))
            line.setAlignment(title, Qt.AlignmentFlag.AlignTop)
            self._facts.addLayout(line)


Preview = tuple[Any, dict[str, Any], dict[str, Any]]


class DataLook(ListLook):
    """With a preview of the highlighted data set."""

    def __init__(
        self, ask: Callable[[str], Awaitable[Preview]], kind_of: Callable[[str], Kind]
    ) -> None:
        super().__init__()
        self._kind_of = kind_of
        self._query: Query[str, Preview] = Query(self, ask, debounce_ms=PAUSE_MS)
        self._query.changed.connect(self._show_answer)
        self.data = DataPreview()
        self.data.setFixedHeight(180)
        self.body.insertWidget(0, self.data)

    def show_option(self, option: Option | None) -> None:
        super().show_option(option)
        slug = str(option.value) if option is not None else ""
        self.data.setVisible(bool(slug))
        if not slug:
            self._query.cancel()
        elif slug != self._query.key:
            kind = self._kind_of(slug)
            self.data.show_data(None, kind, (), kind.loading)
            self._query.ask(slug)

    def _show_answer(self) -> None:
        kind = self._kind_of(self._query.key or "")
        if isinstance(self._query.error, Refused):
            self.data.show_data(None, kind, (), self._query.error.error.message)
        elif self._query.answer is not None:
            x, parts, facts = self._query.answer
            columns = tuple(facts.get("columns") or ())
            classes = named(parts, tuple(facts.get("names") or ()))
            self.data.show_data(x, fitting(kind, x.shape[1:]), columns, "", classes)
