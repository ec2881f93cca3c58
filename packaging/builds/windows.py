"""Build the Windows installer from the bundle with NSIS: dist/pushforward-VERSION-setup.exe.

Tested: compiled on Debian 13 (package nsis) over a stand-in folder (`--stand-in`).
Not tested: on Windows, and with a certificate.

Programs are signed if PUSHFORWARD_SIGN is set to a command that signs the file it is given.
"""

import argparse
import os
import shlex
import struct
import time
from pathlib import Path

from builds.bundle import make_bundle
from builds.common import BUILD, BUNDLE, DIST, ROOT, BuildFailed, project_version, report
from builds.common import run_program as run_command
from builds.versions import four_numbers

HELP = "a Windows installer (dist/*-setup.exe)"
SCRIPT = ROOT / "packaging" / "windows" / "pushforward.nsi"
ICON_SIZES = (16, 24, 32, 48, 64, 128, 256)
SIGN = "PUSHFORWARD_SIGN"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--version", default=project_version(), help="version of the installer")
    parser.add_argument(
        "--stand-in", action="store_true", help="compile the script over two small files"
    )


def run(given: argparse.Namespace) -> None:
    """Compile the installer."""
    began = time.monotonic()
    icon = write_icon(BUILD / "pushforward.ico")
    source = _stand_in() if given.stand_in else BUNDLE
    sign = os.environ.get(SIGN, "")
    if not given.stand_in:
        os.environ["PUSHFORWARD_ICON"] = str(icon)
        make_bundle(given.version)
        for program in source.glob("*.exe") if sign else ():
            run_command([*shlex.split(sign), program])
    target = DIST / f"pushforward-{given.version}{'-stand-in' if given.stand_in else ''}-setup.exe"
    DIST.mkdir(exist_ok=True)
    numbers = ".".join(str(number) for number in four_numbers(given.version))
    values = {"VERSION": given.version, "NUMBERS": numbers, "SOURCE": source, "TARGET": target,
              "ICON": icon, **({"SIGN": sign} if sign else {})}  # fmt: skip
    defines = [f"-D{name}={value}" for name, value in values.items()]
    run_command(["makensis", "-V2", "-WX", *defines, SCRIPT])
    report(target, began)


def write_icon(file: Path) -> Path:
    """Draw the program's icon in the sizes of Windows, as an ICO file of PNGs, and return it."""
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    renderer = QSvgRenderer(str(ROOT / "resources" / "icons" / "app.svg"))
    pictures = []
    for size in ICON_SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        with QPainter(image) as painter:
            renderer.render(painter)
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        if not image.save(buffer, "PNG"):
            raise BuildFailed("Qt cannot write PNG")
        pictures.append(data.data())
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(_ico(pictures))
    return file


def _ico(pictures: list[bytes]) -> bytes:
    """Return an ICO file with PNGs of ICON_SIZES."""
    offset = 6 + 16 * len(pictures)
    entries = b""
    for size, picture in zip(ICON_SIZES, pictures, strict=True):
        side = size % 256  # 0 means 256
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(picture), offset)
        offset += len(picture)
    return struct.pack("<HHH", 0, 1, len(pictures)) + entries + b"".join(pictures)


def _stand_in() -> Path:
    """Return a folder that is laid out as a bundle."""
    folder = BUILD / "windows-stand-in"
    (folder / "_internal").mkdir(parents=True, exist_ok=True)
    for name in ("pushforward.exe", "pushforward-engine.exe", "_internal/base_library.zip"):
        (folder / name).write_bytes(b"stand-in\r\n")
    return folder
