"""Preferences > Device > Add GPU support: choose wheels, see the plan, install."""

import asyncio
import threading
from importlib import metadata
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QProgressBar, QWidget

from pushforward.studio import gpu_support
from pushforward.studio.app.core import async_tasks
from pushforward.studio.app.design.basic import button, label, restyle
from pushforward.studio.app.design.dialog import Dialog
from pushforward.studio.app.design.fact_rows import Facts
from pushforward.studio.app.design.file_dialog import open_dialog
from pushforward.studio.app.text.number_format import megabytes
from pushforward.studio.counts import format_count

__all__ = ["GpuDialog"]

WIDTH = 520
NO_DRIVER = "No NVIDIA driver found. Install the driver of your GPU, then try again."
INTRO = (
    "This installation has PyTorch for CPUs. Choose a folder with PyTorch wheels for CUDA and the "
    "NVIDIA packages that they require. Nothing is downloaded."
)


class GpuDialog(Dialog):
    """Installs GPU support from a folder of wheels into the user's folder."""

    _progressed = Signal(float)  # emitted by the thread that unpacks

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "Add GPU support", WIDTH)
        self._cancel = threading.Event()
        self._driver: gpu_support.Driver | None = None
        self.plan: gpu_support.Plan | None = None
        self.body.addWidget(label(INTRO, "muted", wrap=True))
        self.facts = Facts([("Driver", "Looking for the driver…")])
        self.body.addWidget(self.facts)
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress")
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.body.addWidget(self.bar)
        self.note = label("", "muted", wrap=True)
        self.body.addWidget(self.note)
        self.choose = button("Choose folder…", self._ask_folder)
        self.add = button("Install", self._start, kind="primary")
        self.close_button = button("Close", self.reject)
        self.add_buttons(self.choose, self.close_button, self.add)
        self.choose.setEnabled(False)
        self.add.setEnabled(False)
        self._progressed.connect(lambda share: self.bar.setValue(round(1000 * share)))
        self.finished.connect(self._cancel.set)
        self.finding = async_tasks.spawn(self._find_driver())
        self.finished.connect(self.finding.cancel)

    def reject(self) -> None:
        """Cancel an installation, or close the dialog if none runs."""
        if self.bar.isVisible():
            self._cancel.set()
        else:
            super().reject()

    async def _find_driver(self) -> None:
        self._driver = await asyncio.to_thread(gpu_support.find_driver)
        if self._driver is None:
            self.facts.show_facts([("Driver", "none")])
            self._say(NO_DRIVER, "danger")
        else:
            self.facts.show_facts([self._driver_fact()])
        self.choose.setEnabled(self._driver is not None)

    def _driver_fact(self) -> tuple[str, str]:
        driver = self._driver
        return ("Driver", f"{driver.version} ({driver.gpu})" if driver is not None else "none")

    def _ask_folder(self) -> None:
        mode = QFileDialog.FileMode.Directory
        dialog = open_dialog(self, "Folder of wheels", mode)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda chosen: self.show_plan(Path(chosen)))
        dialog.open()

    def show_plan(self, folder: Path) -> None:
        """Show which build of a folder fits the driver, its size, and where it goes."""
        self.plan = None
        if self._driver is None:
            return
        try:
            self.plan = gpu_support.make_plan(folder, self._driver, torch_version())
        except gpu_support.GpuSupportError as error:
            self.facts.show_facts([self._driver_fact()])
            self._say(str(error), "danger")
        else:
            count = len(self.plan.wheels)
            self.facts.show_facts(
                [
                    self._driver_fact(),
                    ("Build", f"PyTorch {self.plan.build}"),
                    ("Size", f"{megabytes(self.plan.size)} in {format_count(count, 'wheel')}"),
                    ("Folder", str(self.plan.target)),
                ]
            )
            self._say("")
        self.add.setEnabled(self.plan is not None)

    def _start(self) -> None:
        self.installing = async_tasks.spawn(self._install())

    async def _install(self) -> None:
        """Install the plan in a thread and show how it ends."""
        plan = self.plan
        if plan is None:
            return
        self._set_busy(True)
        try:
            await asyncio.to_thread(gpu_support.install, plan, self._progressed.emit, self._cancel)
        except gpu_support.Cancelled:
            self._say("Cancelled. Nothing was changed.")
        except gpu_support.GpuSupportError as error:
            self._say(str(error), "danger")
        else:
            self.plan = None
            self._say(f"PyTorch {plan.build} is installed. Restart the studio to use it.", "good")
        finally:
            self._cancel.clear()
            self._set_busy(False)

    def _set_busy(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        self.choose.setEnabled(not busy)
        self.add.setEnabled(not busy and self.plan is not None)
        self.close_button.setText("Cancel" if busy else "Close")

    def _say(self, text: str, role: str = "muted") -> None:
        self.note.setText(text)
        restyle(self.note, role=role)


def torch_version() -> str:
    """Return the version of the installed PyTorch, which this process never imports."""
    return metadata.version("torch")
