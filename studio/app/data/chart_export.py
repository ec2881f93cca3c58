"""Asking where a picture or curves should go, and saying that they are there."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from pushforward.studio.app.charts.picture_export import picture_of, write_curves, write_picture
from pushforward.studio.app.charts.plot_card import PlotCard
from pushforward.studio.app.core.app_state import AppState
from pushforward.studio.app.core.display_names import file_stem
from pushforward.studio.app.design.file_dialog import ask_write

__all__ = ["ask_curves", "ask_picture", "ask_values"]

PICTURES = "PNG picture (*.png);;SVG drawing (*.svg);;PDF document (*.pdf)"


def ask_picture(view: QWidget, state: AppState, name: str = "picture") -> QFileDialog:
    """Ask for a file and write what a lens shows now into it."""
    picture = picture_of(view)  # what is seen when the person asks, not when they answer

    def write(path: Path) -> None:
        write_picture(picture, path)

    file = f"{_stem(state, name)}.png"
    return ask_write(view, state, "Export picture", file, PICTURES, write)


def ask_curves(view: QWidget, state: AppState) -> QFileDialog:
    """Ask for a file and write all curves of the selected run into it."""

    def write(path: Path) -> None:
        run = state.runs.current
        write_curves(run.series if run else {}, path)

    return ask_write(
        view, state, "Export curves", f"{_stem(state, 'curves')}.csv", "CSV (*.csv)", write
    )


def ask_values(card: PlotCard, state: AppState, name: str) -> QFileDialog:
    """Ask for a file and write the curves that a chart shows into it."""
    scene = card.scene
    curves = {curve.title: curve for curve in scene.curves}

    def write(path: Path) -> None:
        write_curves(curves, path, scene.across)

    file = f"{_stem(state, name)}.csv"
    return ask_write(card, state, "Export values", file, "CSV (*.csv)", write)


def _stem(state: AppState, name: str) -> str:
    run = state.runs.current
    whose = file_stem(run) if run else "pushforward"
    return f"{whose}-{name.replace('/', '-')}"
