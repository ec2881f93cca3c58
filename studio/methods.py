"""Named methods: what the literature calls DDPM, EDM or DDIM, as choices among the same parts.

A method of diffusion is six choices: path, prediction, loss, grid, sampler, guidance. A named one
is a file, ``resources/methods/<slug>.toml``, which says what it chooses; what it does not say has
its default. The settings of a family say by their ``aspect`` which choice they belong to
(`models.config.param`); of a sampler, the grid and the guidance are choices of their own.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from pushforward.studio import resources
from pushforward.studio.protocol.spec import Pick
from pushforward.studio.store.keys import check_keys

__all__ = [
    "CHOICES",
    "Method",
    "MethodError",
    "Published",
    "Row",
    "load_method",
    "methods",
    "survey",
]

CHOICES: Mapping[str, str] = {
    "path": "Path",
    "prediction": "Prediction",
    "loss": "Loss",
    "grid": "Grid",
    "sampler": "Sampler",
    "guidance": "Guidance",
}
"""The six choices, as the screen calls them, in the order in which they are made."""


class MethodError(ValueError):
    """A file of a method cannot be read; the message names the file and the field."""


class Published(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published value: the metric, the data, and the source. ``calls`` is the number of network
    evaluations per sample; None if not given.
    """

    figure: str
    data: str
    source: str
    calls: int | None = None


class Method(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named method: a family and a sampler with some settings. ``claims`` are the claims that
    verify it. ``kinds`` are its data types, empty for all of its family.
    """

    slug: str
    title: str
    summary: str
    source: str
    order: int
    family: Pick
    sampler: Pick | None = None
    published: list[Published] = []
    claims: list[str] = []
    kinds: list[str] = []

    def takes(self, kind: str) -> bool:
        """Whether it is a method for a kind of data, "" for any."""
        return not kind or not self.kinds or kind in self.kinds


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A method of the surveys and its place here: a ``method`` (a file), a ``family``, an
    ``operator`` (slugs), a ``block`` in words, or why it is ``missing``. A ``group`` holds until
    the next one. ``claims`` are as of a method.
    """

    name: str
    group: str = ""
    method: str = ""
    family: str = ""
    operator: str = ""
    block: str = ""
    missing: str = ""
    claims: list[str] = []


class _Survey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rows: list[Row]


@cache
def survey() -> tuple[Row, ...]:
    """Return the rows of ``resources/survey.toml``, in their order.

    Raises:
        MethodError: the file is broken (a test reads it).
    """
    path = resources.folder() / "survey.toml"
    try:
        return tuple(msgspec.convert(tomllib.loads(path.read_text("utf-8")), _Survey).rows)
    except (OSError, ValueError) as error:
        raise MethodError(f"{path.name}: {error}") from error


def load_method(path: Path) -> Method:
    """Read one method.

    Raises:
        MethodError: the file is missing, is not TOML, or has a wrong or unknown field.
    """
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        data.setdefault("slug", path.stem)
        check_keys(data, Method)
        return msgspec.convert(data, Method)
    except (OSError, ValueError) as error:
        raise MethodError(f"{path.name}: {error}") from error


@cache
def methods() -> tuple[Method, ...]:
    """Return the methods that ship, in their order.

    Raises:
        MethodError: a file is broken (a test reads them all).
    """
    found = [load_method(path) for path in resources.folder("methods").glob("*.toml")]
    return tuple(sorted(found, key=lambda method: (method.order, method.slug)))
