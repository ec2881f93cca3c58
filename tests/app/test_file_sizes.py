"""How large a file is said to be, held against files that the engine writes."""

from pathlib import Path

import numpy as np
import pytest

from pushforward.models.registry import registry
from pushforward.studio.app.core.array_contents import file_bytes, said_bytes
from pushforward.studio.app.core.data_type import Kind
from pushforward.studio.app.core.data_type_registry import kind
from pushforward.studio.engine.kinds.base import kind_of
from pushforward.studio.engine.process.discovery import discover

OFF = 0.2  # of the size, that what is said of it may be off
WRITTEN = [
    (slug, suffix)
    for slug in ("points", "images", "jets", "graphs", "interactions")
    for suffix in ("h5", "npz")
] + [("points", "csv")]


@pytest.mark.parametrize("count", [48, 600])
@pytest.mark.parametrize(("slug", "suffix"), WRITTEN)
def test_the_size_that_is_said_is_that_of_the_file(
    slug: str, suffix: str, count: int, tmp_path: Path
) -> None:
    discover()
    found = registry.get("kind", slug).make(count, 3)
    rows = found.rows(slice(None))
    seen: Kind = kind(slug)
    known = kind_of(slug).preview_arrays(found)
    arrays = {name: known[name][:256] for name in ("x", *seen.parts, *seen.told) if name in known}
    file = tmp_path / f"a.{suffix}"
    columns = tuple(map(str, range(rows.x.shape[1])))
    kind_of(slug).write(file, rows, columns, {"run": "0001-a", "step": 500, "seed": 0})
    said = file_bytes(len(rows), seen.filed(arrays), suffix)
    assert said == pytest.approx(file.stat().st_size, rel=OFF)


def test_nothing_is_said_where_nobody_knows() -> None:
    like = {"x": np.zeros((4, 1, 28, 28), np.float32)}
    assert file_bytes(115, like, "graphml") is None
    assert file_bytes(115, {"x": like["x"][:0]}, "h5") is None
    assert file_bytes(115, like, "csv") is None
    assert [said_bytes(size) for size in (3, 4_200, 2.4e6, 2.4e9)] == [
        "1 kB", "4 kB", "2.4 MB", "2,400 MB",
    ]  # fmt: skip
