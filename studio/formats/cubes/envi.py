"""ENVI: a text header next to a file of raw values, in one of three layouts.

Header fields by the description of NV5 Geospatial, "ENVI header files".
"""

import re
from pathlib import Path

import numpy as np

from pushforward.studio.formats.cubes.rasters import About, Layout, RawRaster
from pushforward.studio.formats.limits import MAX_COLUMNS, FormatError
from pushforward.studio.store.regular_files import open_regular

__all__ = ["DATA_SUFFIXES", "find_header", "is_envi", "read_envi", "read_header"]

DATA_SUFFIXES = (".img", ".dat", ".raw", ".bsq", ".bil", ".bip", ".sli", ".cube")
TYPES = {1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 12: "u2", 13: "u4", 14: "i8", 15: "u8"}
LONGEST = 4 * 2**20  # bytes of a header
NANOMETRES = {"nanometers": 1.0, "nanometres": 1.0, "nm": 1.0, "micrometers": 1000.0,
              "micrometres": 1000.0, "microns": 1000.0, "um": 1000.0, "µm": 1000.0}  # fmt: skip
_FIELD = re.compile(r"^([^=\n{}]+?)\s*=\s*(\{[^}]*\}|[^\n]*)", re.MULTILINE)
HINT = "Compare the header with the file, or export the scene again."


def find_header(path: Path) -> Path | None:
    """Return the header of a file of values, or the file itself if it is one; None without one."""
    candidates = [path] if path.suffix.lower() == ".hdr" else []
    if not candidates:
        candidates = [path.with_suffix(".hdr"), path.with_name(path.name + ".hdr"),
                      path.with_suffix(".HDR")]  # fmt: skip
    return next((each for each in candidates if each.is_file() and is_envi(each)), None)


def is_envi(header: Path) -> bool:
    """Return whether a file begins as a header of ENVI."""
    try:
        with open_regular(header) as file:
            return file.read(16).lstrip().upper().startswith(b"ENVI")
    except OSError:
        return False


def read_header(header: Path) -> dict[str, str]:
    """Return the fields of a header by their names in lower case.

    Raises:
        FormatError: it is none.
    """
    with open_regular(header) as file:
        raw = file.read(LONGEST)
    text = raw.decode("utf-8", "replace")
    if not text.lstrip().upper().startswith("ENVI"):
        raise FormatError(f"{header.name} is no ENVI header: it does not begin with ENVI.", HINT)
    lines = text.split("\n", 1)
    found = _FIELD.findall(lines[1] if len(lines) > 1 else "")
    return {name.strip().lower(): value.strip() for name, value in found}


def read_envi(path: Path) -> RawRaster:
    """Return the array of a header, or of a file of values with its header next to it.

    Raises:
        FormatError: there is no header or no file of values, or they do not fit each other.
    """
    header = find_header(path)
    if header is None:
        raise FormatError(
            f"{path.name} has no ENVI header next to it.",
            f"Put {path.stem}.hdr into the same folder.",
        )
    fields = read_header(header)
    rows, columns, bands = (_read_integer(header, fields, n) for n in ("lines", "samples", "bands"))
    code = _read_integer(header, fields, "data type")
    if code not in TYPES:
        raise FormatError(
            f"{header.name}: data type {code} is not read; these are: "
            f"{', '.join(map(str, TYPES))}.",
            "Export the scene as integers or real numbers.",
        )
    layout = fields.get("interleave", "bsq").lower()
    if layout not in ("bsq", "bil", "bip"):
        raise FormatError(f"{header.name}: interleave {layout!r} is none of bsq, bil, bip.", HINT)
    if min(rows, columns, bands) < 1 or bands > MAX_COLUMNS:
        raise FormatError(
            f"{header.name} declares {rows} x {columns} pixels in {bands:,} bands; at most "
            f"{MAX_COLUMNS:,} bands are read.",
            HINT,
        )
    order = ">" if fields.get("byte order", "0").strip() == "1" else "<"
    flat = bands == 1
    found = RawRaster(
        header,
        "",
        (rows, columns) if flat else (rows, columns, bands),
        _about(header, fields, bands),
        dtype=np.dtype(order + TYPES[code]),
        start=int(float(fields.get("header offset", "0") or 0)),
        layout=_layout(layout, flat=flat),
        data=_find_data(header, path, fields),
    )
    found.check_length()
    return found


def _layout(name: str, *, flat: bool) -> Layout:
    return "bsq" if flat or name == "bsq" else "bil" if name == "bil" else "bip"


def _find_data(header: Path, path: Path, fields: dict[str, str]) -> Path:
    if path != header:
        return path
    stem = header.with_suffix("")
    named = fields.get("data file", "").strip("{} ")
    candidates = [stem, *(stem.with_suffix(each) for each in DATA_SUFFIXES)]
    if named and Path(named).name == named:
        candidates.insert(0, header.with_name(named))
    for each in candidates:
        if each.is_file() and each != header:
            return each
    raise FormatError(
        f"There is no file of values next to {header.name}.",
        f"Put {stem.name}.img (or .dat, .bsq, .bil, .bip) into the same folder.",
    )


def _about(header: Path, fields: dict[str, str], bands: int) -> About:
    unit = fields.get("wavelength units", "").strip().lower()
    waves = _numbers(header, fields, "wavelength", bands)
    factor = NANOMETRES.get(unit, 0.0)
    if not factor:
        factor = 1000.0 if waves and max(waves) < 100 else 1.0  # micrometres below 100
    good = _numbers(header, fields, "bbl", bands)
    names = _list(fields.get("class names", ""))
    place = _list(fields.get("map info", ""))
    empty = fields.get("data ignore value", "")
    return About(
        wavelengths=tuple(factor * each for each in waves),
        fwhm=tuple(factor * each for each in _numbers(header, fields, "fwhm", bands)),
        good=tuple(each > 0.5 for each in good),
        classes=tuple(names[1:]),
        scale=_number(fields.get("reflectance scale factor", "")) or 0.0,
        empty=_number(empty),
        pixel=(_number(place[5]) or 0.0) if len(place) > 6 else 0.0,
        where={
            name.replace(" ", "_"): fields[name]
            for name in ("map info", "coordinate system string")
            if name in fields
        },
    )


def _list(text: str) -> list[str]:
    return [each.strip() for each in text.strip("{} \n").split(",") if each.strip()]


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if np.isfinite(found) else None


def _numbers(header: Path, fields: dict[str, str], name: str, count: int) -> list[float]:
    """Return a list of numbers, one a band; [] where there is none.

    Raises:
        FormatError: there are more or fewer than bands, or they are no numbers.
    """
    listed = _list(fields.get(name, ""))
    if not listed:
        return []
    found = [_number(each) for each in listed]
    if len(found) != count or any(each is None for each in found):
        raise FormatError(
            f"{header.name}: {name} has {len(found)} values, or some are no numbers; the scene has "
            f"{count} bands.",
            "Correct the header, or remove this field.",
        )
    return [each for each in found if each is not None]


def _read_integer(header: Path, fields: dict[str, str], name: str) -> int:
    text = fields.get(name, "")
    if not re.fullmatch(r"\d{1,9}", text):
        raise FormatError(
            f"{header.name}: {name} must be a whole number, got {text!r}."
            if text
            else f"{header.name} lacks the field {name!r}.",
            HINT,
        )
    return int(text)
