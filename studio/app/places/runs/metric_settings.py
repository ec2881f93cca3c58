"""The settings of a metric, folded behind a button: of how many levels bits are, whose weights."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core import draft_spec
from pushforward.studio.app.core.draft_spec import Typed
from pushforward.studio.app.design.basic import column, icon_button
from pushforward.studio.app.design.forms.form import Form
from pushforward.studio.protocol.catalog import Catalog, EntrySpec, FieldSpec
from pushforward.studio.protocol.spec import Pick, RunSpec

__all__ = ["MetricSettings"]

INSET = 36  # pixels: below the name of the metric, and not below its switch


class MetricSettings(QWidget):
    """A form that ``button`` opens.

    Signals:
        changed: the settings as they are now.
        rejected: the title of one that cannot be taken, with why; "" where all can again.
    """

    changed = Signal(object)
    rejected = Signal(str)

    def __init__(
        self, entry: EntrySpec, catalog: Catalog, kind: str, config: Mapping[str, Any]
    ) -> None:
        """``kind`` is that of the data, and ``config`` what is set already."""
        super().__init__()
        self._entry, self._catalog, self._kind = entry, catalog, kind
        self._config = dict(config)
        self._wrong: dict[str, str] = {}
        self.form = Form(self._opened())
        self.form.show_config(self._config)
        self.form.edited.connect(self._edited)
        self.form.rejected.connect(self._rejected)
        body = column(self.form, gap=0)
        body.setContentsMargins(INSET, 0, 0, 6)
        self.setLayout(body)
        self.button = icon_button("settings", f"Settings of {entry.title}", self.turn)
        self.hide()

    def turn(self) -> None:
        """Open or close it."""
        self.setVisible(self.isHidden())

    def _opened(self) -> EntrySpec:
        return self._catalog.opened(self._entry, self._config, self._kind)

    def _edited(self, field: FieldSpec, value: Any) -> None:
        self._wrong.pop(field.path, None)
        spec = RunSpec(name="", family=Pick(slug="", config=self._config), dataset=Pick(slug=""))
        self._config = draft_spec.put(spec, "family", field, value).family.config
        if field.chooses:
            self.form.show_entry(self._opened())
        self.form.show_config(self._config)
        self.changed.emit(self._config)
        self.rejected.emit(next(iter(self._wrong.values()), ""))

    def _rejected(self, field: FieldSpec, typed: Typed) -> None:
        self._wrong[field.path] = f"{self._entry.title}: {typed.title} {typed.why}."
        self.rejected.emit(self._wrong[field.path])
