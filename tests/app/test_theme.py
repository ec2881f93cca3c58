"""The tokens: contrast computed, the live switch, following the system."""

import itertools
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFont, QFontInfo
from PySide6.QtWidgets import QFileDialog, QLabel, QToolButton, QVBoxLayout, QWidget

from pushforward.studio.app.design.file_dialog import open_dialog
from pushforward.studio.app.design.theme import Theme, font, theme
from pushforward.studio.app.design.tokens import DARK, LIGHT, contrast

SURFACES = ("background", "panel", "raised", "hover")
INKS = ("text", "muted", "accent", "warm", "good", "danger")


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize(("ink", "surface"), list(itertools.product(INKS, SURFACES)))
def test_text_can_be_read_on_every_surface(tokens, ink, surface):
    # On a hovered surface the state colours are never the only sign; text and muted hold there.
    least = 4.5 if surface != "hover" or ink in ("text", "muted") else 4.2
    assert contrast(getattr(tokens, ink), getattr(tokens, surface)) >= least


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_what_is_written_on_the_accent_can_be_read(tokens):
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5
    assert contrast(tokens.on_accent, tokens.accent_hover) >= 4.5
    assert contrast(tokens.background, tokens.text) >= 4.5  # a chosen chip is inverted


def test_the_scheme_is_switched_live(qapp, qtbot):
    label = QLabel("x")
    qtbot.addWidget(label)
    label.show()
    with qtbot.waitSignal(theme.changed):
        theme.set_mode("light")
    assert theme.colors() == LIGHT
    assert label.palette().windowText().color().name() == LIGHT.text
    with qtbot.waitSignal(theme.changed):
        theme.set_mode("dark")
    assert label.palette().windowText().color().name() == DARK.text


class Told(QLabel):
    """Counts how often it is told of a style."""

    times = 0

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.times += event.type() == QEvent.Type.StyleChange


def test_a_widget_is_told_of_another_scheme_once_however_many_are_around_it(qapp, qtbot):
    """Of a stylesheet in the place of another Qt tells it once for each of these, too."""
    theme.set_mode("dark")
    outer = QWidget()
    qtbot.addWidget(outer)
    within = outer
    for _ in range(8):
        layout = QVBoxLayout(within)
        within = QWidget()
        layout.addWidget(within)
    told = Told("x", within)
    outer.show()
    told.times = 0
    theme.set_mode("light")
    assert told.times <= 2  # of none, and of the new one
    theme.set_mode("dark")


def test_choosing_the_scheme_in_force_changes_nothing(qapp, qtbot):
    theme.set_mode("dark")
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_mode("dark")


def test_what_tells_particles_apart_is_kept_from_theme_to_theme(qapp, qtbot):
    with qtbot.waitSignals([theme.changed, theme.chosen]):
        theme.set_identity("blue-yellow")
    try:
        theme.set_mode("light")
        assert theme.colors() == replace(LIGHT, identity="blue-yellow")
    finally:
        theme.set_mode("dark")
        theme.set_identity("hue")
    assert theme.colors() == DARK


def test_the_system_decides_until_a_person_does(qapp):
    followed = Theme()
    assert followed.mode == "system"
    assert followed.colors() in (DARK, LIGHT)


def test_the_bundled_font_is_used_with_figures_of_equal_width(qapp):
    assert QFontInfo(font()).family() == "Inter"
    assert font().featureValue(QFont.Tag("tnum")) == 1


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_the_buttons_of_a_file_dialog_can_be_seen(qtbot, mode):
    """Their icons are those of the program, in the colours of the theme."""
    theme.set_mode(mode)
    owner = QWidget()
    qtbot.addWidget(owner)
    dialog = open_dialog(owner, "Open", QFileDialog.FileMode.ExistingFile)
    for name in ("backButton", "toParentButton", "newFolderButton"):
        button = dialog.findChild(QToolButton, name)
        button.setEnabled(True)
        picture = button.grab().toImage()
        ground = picture.pixelColor(4, 4).lightness()
        assert mode == "dark" or ground > 200, "no dark block on a light dialog"
        seen = sum(
            abs(picture.pixelColor(x, y).lightness() - ground) > 50
            for x in range(4, picture.width() - 4)
            for y in range(4, picture.height() - 4)
        )
        assert seen > 10, name
    theme.set_mode("dark")
