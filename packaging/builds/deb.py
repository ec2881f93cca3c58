"""Build a Debian package from the bundle: dist/pushforward_VERSION_ARCH.deb.

Needs dpkg-deb (package dpkg) and the bundle; without one it is built first. The package has no
scripts of its own: menus, icons and file types are refreshed by the triggers of their packages.
"""

import argparse
import gzip
import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import msgspec

from builds.bundle import make_bundle
from builds.common import (
    BUILD,
    BUNDLE,
    DIST,
    ROOT,
    BuildFailed,
    project_version,
    report,
    run_program,
    say,
)
from pushforward.studio.installation import Part

HELP = "a Debian package (dist/*.deb)"
LIMIT = 260_000_000
MAINTAINER = "Pushforward Studio maintainers"
SIZES = (16, 22, 24, 32, 48, 64, 96, 128, 256, 512)
TREE = BUILD / "deb"
LINUX = ROOT / "packaging" / "linux"
DEPENDS = (
    "libc6 (>= 2.34)", "libstdc++6", "libgcc-s1",
    # Qt, and its plugin for X
    "libegl1", "libgl1", "libglx0", "libopengl0", "libdbus-1-3", "libfontconfig1", "libfreetype6",
    "libglib2.0-0t64 | libglib2.0-0", "libx11-6", "libx11-xcb1", "libxkbcommon0",
    "libxkbcommon-x11-0", "libxcb1", "libxcb-cursor0", "libxcb-icccm4", "libxcb-image0",
    "libxcb-keysyms1", "libxcb-randr0", "libxcb-render0", "libxcb-render-util0", "libxcb-shape0",
    "libxcb-shm0", "libxcb-sync1", "libxcb-util1", "libxcb-xfixes0", "libxcb-xkb1",
)  # fmt: skip
RECOMMENDS = (
    "libgl1-mesa-dri", "libwayland-client0", "libwayland-cursor0", "libwayland-egl1",
    "shared-mime-info", "desktop-file-utils", "hicolor-icon-theme",
)  # fmt: skip
COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/pushforward",
    "zsh": "usr/share/zsh/vendor-completions/_pushforward",
    "fish": "usr/share/fish/vendor_completions.d/pushforward.fish",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("--version", default=project_version(), help="version of the package")
    parser.add_argument(
        "--compression", default="xz", choices=("xz", "zstd"), help="zstd is faster and larger"
    )


def run(given: argparse.Namespace) -> None:
    """Build the package and compare its size with the limit."""
    if not BUNDLE.exists():
        make_bundle(given.version)
    began = time.monotonic()
    shutil.rmtree(TREE, ignore_errors=True)
    _add_programs(given.version)
    _add_desktop_files()
    _add_icons()
    _add_documents()
    _add_completions()
    architecture = run_program(["dpkg", "--print-architecture"], quiet=True).strip()
    _add_control(given.version, architecture)
    package = DIST / f"pushforward_{given.version}_{architecture}.deb"
    level = {"zstd": "12", "xz": "6"}[given.compression]
    run_program(
        ["dpkg-deb", "--root-owner-group", f"-Z{given.compression}", f"-z{level}", "--build",
         TREE, package]
    )  # fmt: skip
    report(package, began)
    if package.stat().st_size > LIMIT:
        raise BuildFailed(f"the package is larger than {LIMIT / 1e6:.0f} MB")


def _add_programs(version: str) -> None:
    """Link the bundle's files into the tree, and the programs into usr/bin."""
    place = TREE / "usr" / "lib" / "pushforward"
    # Hard links: the tree costs no space. What is rewritten below is copied first.
    shutil.copytree(BUNDLE, place, symlinks=True, copy_function=os.link)
    info = place / "_internal" / "pushforward" / "build.json"
    facts = json.loads(info.read_text(encoding="utf-8"))
    info.unlink()
    info.write_text(json.dumps({**facts, "version": version}), encoding="utf-8")
    programs = TREE / "usr" / "bin"
    programs.mkdir(parents=True)
    for name in ("pushforward", "pushforward-engine"):
        (programs / name).symlink_to(f"../lib/pushforward/{name}")


def _add_desktop_files() -> None:
    """Add menu entry, file types and the software centre's description."""
    for name, folder in (
        ("pushforward.desktop", "applications"),
        ("pushforward.xml", "mime/packages"),
        ("org.pushforward.studio.metainfo.xml", "metainfo"),
    ):
        target = TREE / "usr" / "share" / folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(LINUX / name, target)


def _add_icons() -> None:
    """Draw the icon in each size, and add it as SVG for all others."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    source = ROOT / "resources" / "icons" / "app.svg"
    theme = TREE / "usr" / "share" / "icons" / "hicolor"
    renderer = QSvgRenderer(str(source))
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        with QPainter(image) as painter:
            renderer.render(painter)
        target = theme / f"{size}x{size}" / "apps" / "pushforward.png"
        target.parent.mkdir(parents=True)
        if not image.save(str(target)):
            raise BuildFailed(f"{target} cannot be written")
    vector = theme / "scalable" / "apps" / "pushforward.svg"
    vector.parent.mkdir(parents=True)
    shutil.copyfile(source, vector)


def _add_documents() -> None:
    """Add the man page, the changelog, and the licences of all parts."""
    page = run_program([BUNDLE / "pushforward-engine", "man"], quiet=True, folder=BUNDLE)
    man = TREE / "usr" / "share" / "man" / "man1"
    man.mkdir(parents=True)
    _gzip(man / "pushforward.1.gz", page)
    (man / "pushforward-engine.1.gz").symlink_to("pushforward.1.gz")
    documents = TREE / "usr" / "share" / "doc" / "pushforward"
    documents.mkdir(parents=True)
    _gzip(documents / "changelog.gz", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    licences = BUNDLE / "_internal" / "pushforward" / "licences.json"
    parts = msgspec.json.decode(licences.read_bytes(), type=list[Part])
    (documents / "copyright").write_text(format_copyright(parts), encoding="utf-8")


def format_copyright(parts: list[Part]) -> str:
    """Return the list of all parts, then each licence text once."""
    titles: dict[str, list[str]] = {}
    for part in parts:
        titles.setdefault(part.text.strip(), []).append(f"{part.name} {part.version}")
    lines = ["Pushforward Studio contains:", ""]
    lines += [f"  {part.name} {part.version}: {part.licence}" for part in parts]
    for text, names in titles.items():
        if text:
            lines += ["", "=" * 78, ", ".join(names), "=" * 78, "", text]
    return "\n".join([*lines, ""])


def _gzip(file: Path, text: str) -> None:
    file.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _add_completions() -> None:
    """Add what `pushforward completions SHELL` prints; a build without the command has none."""
    engine = BUNDLE / "pushforward-engine"
    for shell, place in COMPLETIONS.items():
        try:
            script = run_program([engine, "completions", shell], quiet=True, folder=BUNDLE)
        except BuildFailed as failed:
            say(f"no completions for {shell}: {str(failed).splitlines()[-1]}")
            continue
        target = TREE / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(script, encoding="utf-8")


def _add_control(version: str, architecture: str) -> None:
    """Write DEBIAN/control and DEBIAN/md5sums."""
    files = sorted(f for f in TREE.rglob("*") if f.is_file() and not f.is_symlink())
    control = TREE / "DEBIAN"
    control.mkdir()
    fields = {
        "Package": "pushforward",
        "Version": version,
        "Architecture": architecture,
        "Maintainer": MAINTAINER,
        "Section": "science",
        "Priority": "optional",
        "Installed-Size": str(sum(file.stat().st_size for file in files) // 1024),
        "Depends": ", ".join(DEPENDS),
        "Recommends": ", ".join(RECOMMENDS),
        "Description": "studio for generative models\n"
        " Train diffusion models, GANs, flows and other generative models, and watch how\n"
        " they move particles. Brings its own Python and PyTorch (for CPUs).",
    }
    text = "".join(f"{name}: {value}\n" for name, value in fields.items())
    (control / "control").write_text(text, encoding="utf-8")
    sums = "".join(f"{_md5(file)}  {file.relative_to(TREE)}\n" for file in files)
    (control / "md5sums").write_text(sums, encoding="utf-8")


def _md5(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "md5", _bufsize=1 << 20).hexdigest()
