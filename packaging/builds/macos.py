"""Build the disk image for macOS from the bundle: dist/pushforward-VERSION.dmg.

Tested: nothing of this file, which needs macOS (sips, iconutil, codesign, hdiutil).

The app is signed if PUSHFORWARD_MAC_IDENTITY names a certificate, and notarised if
PUSHFORWARD_MAC_PROFILE names a profile of notarytool; otherwise these steps are skipped.
"""

import argparse
import os
import shutil
import sys
import time
from pathlib import Path

from builds.bundle import make_bundle
from builds.common import (
    BUILD,
    DIST,
    ROOT,
    BuildFailed,
    project_version,
    report,
    run_program,
    say,
)

HELP = "a disk image for macOS (dist/*.dmg)"
APP = "Pushforward Studio.app"
IDENTITY, PROFILE = "PUSHFORWARD_MAC_IDENTITY", "PUSHFORWARD_MAC_PROFILE"
ENTITLEMENTS = ROOT / "packaging" / "macos" / "entitlements.plist"
SIDES = (16, 32, 128, 256, 512)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--version", default=project_version(), help="version of the app")


def run(given: argparse.Namespace) -> None:
    """Build the app, sign it if there is a certificate, and pack the disk image."""
    if sys.platform != "darwin":
        raise BuildFailed("a disk image can only be built on macOS")
    began = time.monotonic()
    os.environ["PUSHFORWARD_ICON"] = str(_write_icon())
    make_bundle(given.version)
    app = DIST / APP
    identity, profile = os.environ.get(IDENTITY, ""), os.environ.get(PROFILE, "")
    if identity:
        run_program(
            ["codesign", "--force", "--deep", "--timestamp", "--options", "runtime",
             "--entitlements", ENTITLEMENTS, "--sign", identity, app]
        )  # fmt: skip
    else:
        say(f"not signed: {IDENTITY} is not set")
    image = DIST / f"pushforward-{given.version}.dmg"
    _pack(app, image)
    if identity and profile:
        run_program(
            ["xcrun", "notarytool", "submit", image, "--keychain-profile", profile, "--wait"]
        )
        run_program(["xcrun", "stapler", "staple", image])
    else:
        say(f"not notarised: {IDENTITY} and {PROFILE} are not both set")
    report(image, began)


def _pack(app: Path, image: Path) -> None:
    """Pack an app, with a link to Applications beside it, into a compressed disk image."""
    folder = BUILD / "dmg"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    run_program(["ditto", app, folder / APP])
    (folder / "Applications").symlink_to("/Applications")
    run_program(
        ["hdiutil", "create", "-volname", "Pushforward Studio", "-srcfolder", folder, "-ov",
         "-format", "UDZO", image]
    )  # fmt: skip


def _write_icon() -> Path:
    """Draw the icon in the sizes of macOS and return the ICNS file."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    folder = BUILD / "pushforward.iconset"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    renderer = QSvgRenderer(str(ROOT / "resources" / "icons" / "app.svg"))
    for side in SIDES:
        for factor, suffix in ((1, ""), (2, "@2x")):
            image = QImage(side * factor, side * factor, QImage.Format.Format_ARGB32)
            image.fill(Qt.GlobalColor.transparent)
            with QPainter(image) as painter:
                renderer.render(painter)
            image.save(str(folder / f"icon_{side}x{side}{suffix}.png"))
    icon = BUILD / "pushforward.icns"
    run_program(["iconutil", "-c", "icns", "-o", icon, folder])
    return icon
