"""Export of the preview: lists as CSV or Parquet, item vectors as NPZ."""

from collections.abc import Callable, Sequence
from importlib.util import find_spec

from PySide6.QtWidgets import QWidget

from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.data_types.interactions.preview_text import LISTED
from pushforward.studio.app.data_types.interactions.recommend_requests import RecommendIntents
from pushforward.studio.app.design.basic import icon_button
from pushforward.studio.app.design.file_dialog import folder_of_exports, save_dialog
from pushforward.studio.app.design.literal_text import set_tip
from pushforward.studio.app.design.menu import Entries, Greyed, open_menu

__all__ = ["PreviewExport"]


class PreviewExport:
    """The Export button of a view and its menu."""

    def __init__(self, view: QWidget, state: AppState, intents: RecommendIntents) -> None:
        self._view, self._state, self._intents = view, state, intents
        self.key = ""
        self.items: Callable[[], Sequence[int]] = list
        self.button = icon_button("export", "Export", self._open)

    def enable(self, key: str, *, learned: bool, ready: bool) -> None:
        """Follow a run; say why it cannot export yet."""
        self.key = key
        self.button.setEnabled(learned and ready)
        why = (
            "The engine is not running."
            if not ready
            else "Export lists for all users, or item vectors"
            if learned
            else "Export needs a checkpoint. The training saves the first one soon."
        )
        set_tip(self.button, why)

    def _open(self) -> None:
        parquet = find_spec("pyarrow") is not None
        entries: Entries = [
            ("Lists to CSV…", self.to_csv),
            (
                "Lists to Parquet…",
                self.to_parquet if parquet else Greyed("needs the package pyarrow"),
            ),
            ("Item vectors to NPZ…", self.to_npz),
        ]
        open_menu(self.button, self.button.rect().bottomLeft(), entries)

    def to_csv(self) -> None:
        """Save the lists of all users as CSV."""
        self._save("Lists to CSV", "lists.csv", "Table (*.csv)", "csv", self._lists)

    def to_parquet(self) -> None:
        """Save the lists of all users as Parquet."""
        self._save(
            "Lists to Parquet", "lists.parquet", "Parquet (*.parquet)", "parquet", self._lists
        )

    def to_npz(self) -> None:
        """Save the item vectors, the map and the path of the user as NPZ."""
        self._save("Item vectors to NPZ", "items.npz", "NumPy (*.npz)", "npz", self._vectors)

    def _lists(self, file: str) -> None:
        self._intents.write(self.key, file, LISTED)

    def _vectors(self, file: str) -> None:
        self._intents.write_vectors(self.key, file, self.items())

    def _save(
        self, title: str, name: str, kind: str, suffix: str, write: Callable[[str], None]
    ) -> None:
        folder = folder_of_exports(self._state.project)
        dialog = save_dialog(self._view, title, name, kind, suffix, folder)
        dialog.fileSelected.connect(write)
        dialog.open()
