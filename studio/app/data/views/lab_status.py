"""The status line of a lab: whether it shows a preview, what it waits for, and one action."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from pushforward.studio.app.design.basic import button, label, row

__all__ = ["LabStatus"]


class LabStatus(QWidget):
    """One line above the page of a lab; hidden while it has nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self.mark = label("", "strong")
        self.text = label("", "muted", wrap=True)
        self.button = button("", self._act, kind="link")
        self._action: Callable[[], None] | None = None
        row(self.mark, (self.text, 1), self.button, parent=self, margins=(16, 8, 16, 0))
        self.hide()

    def show_state(
        self, mark: str, text: str, title: str = "", action: Callable[[], None] | None = None
    ) -> None:
        """Show a mark and a text, and a button where there is an action."""
        self.mark.setText(mark)
        self.text.setText(text)
        self.button.setText(title)
        self.button.setAccessibleName(title)
        self._action = action
        for part, shown in ((self.mark, mark), (self.button, title)):
            part.setVisible(bool(shown))
        self.setVisible(bool(mark or text))

    def _act(self) -> None:
        if self._action is not None:
            self._action()
