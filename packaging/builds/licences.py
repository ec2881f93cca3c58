"""Collect the licences of all parts of a bundle: packages, and libraries of the build machine."""

import shutil
from pathlib import Path

import msgspec
from bundle.excluded import EXCLUDED

from builds.common import ROOT, BuildFailed, run_program
from pushforward.studio.installation import Part, collect_parts

__all__ = ["Part", "bundle_parts", "complete_part", "library_parts", "write_licences"]

TEXTS = ROOT / "packaging" / "licences"
_LGPL = ("PySide6", "shiboken6")
"""Packages whose wheels bring no text of their licence: the LGPL, version 3."""
_OWN = ("libpython",)
"""Libraries that are listed as the package Python."""


def bundle_parts(bundle: Path) -> list[Part]:
    """Return every part of a bundle.

    Raises:
        BuildFailed: a part has no licence or no text of it.
    """
    parts = [complete_part(part) for part in collect_parts() if part.name.lower() not in EXCLUDED]
    parts += library_parts(bundle / "_internal")
    missing = [part.name for part in parts if not part.text.strip()]
    if missing:
        raise BuildFailed(f"no licence text for {', '.join(missing)}: add it to {TEXTS}")
    return parts


def write_licences(bundle: Path) -> None:
    """Write the licences of a bundle into it, where `About` reads them."""
    file = bundle / "_internal" / "pushforward" / "licences.json"
    file.write_bytes(msgspec.json.encode(bundle_parts(bundle)))


def library_parts(folder: Path) -> list[Part]:
    """Return the libraries that were copied from a Debian build machine, by package.

    They lie at the top of the folder; those of Python packages lie in the packages' folders.
    """
    if shutil.which("dpkg-query") is None:
        return []
    found: dict[str, Part] = {}
    for file in sorted(folder.glob("*.so*")):
        if file.is_symlink() or file.name.startswith(_OWN):
            continue
        package = _package_of(file.name)
        if package and package not in found:
            version = run_program(["dpkg-query", "-W", "-f", "${Version}", package], quiet=True)
            name = package.partition(":")[0]
            text = Path(f"/usr/share/doc/{name}/copyright").read_text(encoding="utf-8")
            found[package] = Part(name, version, "see its text", text)
    return list(found.values())


def _package_of(library: str) -> str:
    """Return the package that a library is from, "" if it is from no package."""
    try:
        said = run_program(["dpkg-query", "-S", f"*/{library}"], quiet=True)
    except BuildFailed:
        return ""
    return said.splitlines()[0].partition(": ")[0].split(",")[0]


def complete_part(part: Part) -> Part:
    """Return a part with the text that its package lacks."""
    if part.name.startswith(_LGPL):
        texts = [
            (TEXTS / f"{name}.txt").read_text(encoding="utf-8") for name in ("LGPL-3.0", "GPL-3.0")
        ]
        return msgspec.structs.replace(part, licence="LGPL-3.0-only", text="\n\n".join(texts))
    return part
