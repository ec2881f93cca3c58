"""Write the version resource of the Windows programs (PyInstaller's text form)."""

import re
from pathlib import Path

from builds.common import BUILD

__all__ = ["four_numbers", "write_version_file"]

_TEXT = """VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3f, flags=0x0, OS=0x40004,
                    fileType=0x1, subtype=0x0, date=(0, 0)),
  kids=[
    StringFileInfo([StringTable("040904B0", [
      StringStruct("CompanyName", "Pushforward Studio"),
      StringStruct("FileDescription", "Pushforward Studio"),
      StringStruct("FileVersion", "{version}"),
      StringStruct("InternalName", "pushforward"),
      StringStruct("LegalCopyright", "Apache License 2.0"),
      StringStruct("ProductName", "Pushforward Studio"),
      StringStruct("ProductVersion", "{version}")])]),
    VarFileInfo([VarStruct("Translation", [1033, 1200])])
  ]
)
"""


def four_numbers(version: str) -> tuple[int, int, int, int]:
    """Return the four numbers that Windows compares, for example (0, 2, 0, 0)."""
    release = re.match(r"[\d.]+", version)
    found = [int(part) for part in (release[0] if release else "0").split(".") if part]
    first, second, third, fourth = (*found, 0, 0, 0, 0)[:4]
    return first, second, third, fourth


def write_version_file(version: str) -> Path:
    """Write the resource file and return it."""
    file = BUILD / "version-resource.txt"
    file.parent.mkdir(exist_ok=True)
    file.write_text(_TEXT.format(numbers=four_numbers(version), version=version), encoding="utf-8")
    return file
