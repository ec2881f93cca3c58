"""What holds for every importer there is, and for each table format: found, not listed.

The valid files are those that the fuzz tests alter; a new importer adds its own there (`MORE`).
"""

import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from pushforward.studio.formats import FormatError, Inspection, files
from pushforward.studio.formats.importer import Rows
from pushforward.studio.formats.options import settle
from pushforward.studio.formats.registry import importers
from pushforward.studio.formats.worker import Inspect, Inspected, Read, Refusal
from pushforward.studio.literal import one_line
from pushforward.studio.protocol.catalog import FieldSpec
from pushforward.studio.protocol.wire import MAX_HEADER, pack_arrays
from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.parts import check_parts, part_block
from pushforward.studio.store.project import Project
from tests.fuzz.importers import CRASHING, importer, seeds, slugs, suffix
from tests.fuzz.worker import Crash, Worker

MAGICS = [b"\x89HDF\r\n\x1a\n", b"\x93NUMPY\x01\x00", b"PK\x03\x04", b"\x89PNG", b"MATLAB", b"\0\0"]
HOSTILE = "a\x1b[2J\u202eb\nc"


EVERY = slugs()
TOGETHER = {"scene", "movielens", "recommendation-table"}
"""Importers whose files are parts of one thing: two of the same make no sense, or no more of it."""


@pytest.fixture
def valid(tmp_path):
    """Return valid files of an importer or a format."""

    def valid(slug: str) -> list[Path]:
        paths = []
        for k, content in enumerate(seeds(slug, tmp_path)):
            paths.append(tmp_path / f"valid{k}{suffix(slug)}")
            paths[-1].write_bytes(content)
        assert paths, f"tests.fuzz.importers.MORE has no file for {slug}"
        return paths

    return valid


def options(slug: str, found: Inspection) -> dict:
    """Choose the first good table, where there are tables."""
    good = next((item for item in found.items if not item.problems), None)
    return {"item": good.name} if good is not None else {}


def taken(slug: str, paths: list[Path]) -> Rows:
    found = files.inspect(paths, importer(slug))
    return files.rows(paths, importer(slug), options(slug, found))


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """Look and read in the process that does so for the engine, which keeps its limits; return what
    stands against a file. Nothing but words may come out, but for libraries that may crash.
    """
    worker = Worker(tmp_path_factory.mktemp("worker") / "errors")

    def refused(path: Path, slug: str, content: bytes) -> str:
        path.write_bytes(content)
        files = [str(path)]
        words = []
        try:
            for request in (
                Inspect(files, importer(slug)),
                Read(files, importer(slug)),
                Inspect(files),
            ):
                answer = worker.ask(request)
                if isinstance(answer, Refusal):
                    assert path.name in answer.error.message
                    assert slug in CRASHING or "limit for one file" not in answer.error.message
                    words.append(answer.error.message)
                elif isinstance(answer, Inspected):
                    words += answer.found.problems
        except Crash as crash:
            assert slug in CRASHING
            words.append(str(crash))
        return " ".join(words)

    yield refused
    worker.close()


@pytest.mark.parametrize("slug", EVERY)
def test_what_is_inspected_is_what_is_imported(valid, tmp_path, slug):
    project = Project.create(tmp_path / "p", "p")
    brought = 0
    for k, path in enumerate(valid(slug)):
        found = files.inspect([path], importer(slug))
        assert (found.importer, found.bytes) == (importer(slug), path.stat().st_size)
        assert importer(slug) in [offer.slug for offer in found.offers]
        assert len(msgspec.msgpack.encode(found)) < MAX_HEADER
        assert msgspec.convert(msgspec.to_builtins(found), Inspection) == found
        if found.problems and not any(not item.problems for item in found.items):
            continue
        rows = taken(slug, [path])
        check_parts(rows.schema.parts)
        with project.new_dataset(f"d{k}", rows.schema) as writer:
            for block in rows.blocks:
                pack_arrays(block)
                for part in rows.schema.parts:
                    part_block(part, block)
                writer.add(block)
        assert rows.total in (None, writer.rows)
        kept = project.dataset(f"d{k}")
        kept.verify()
        assert kept.record.kind == found.kind == rows.schema.kind
        if not found.items:
            assert (found.rows, found.parts) == (writer.rows, rows.schema.parts)
            # What is drawn is rows, where no part has them.
            assert set(found.preview) <= {"x", *(part.name for part in found.parts)}
        brought += 1
    assert brought


@pytest.mark.parametrize("slug", [slug for slug in EVERY if slug not in TOGETHER])
def test_the_same_files_twice_are_twice_the_rows(valid, tmp_path, slug):
    path = next(path for path in valid(slug) if not files.inspect([path], importer(slug)).problems)
    once = list(taken(slug, [path]).blocks)
    twice = list(taken(slug, [path, path]).blocks)
    name = taken(slug, [path]).schema.parts[0].name
    first = np.concatenate([block[name] for block in once])
    np.testing.assert_array_equal(
        np.concatenate([block[name] for block in twice]), np.concatenate([first, first])
    )


@pytest.mark.parametrize("slug", EVERY)
def test_an_empty_file_is_refused(refused, tmp_path, slug):
    assert "is empty" in refused(tmp_path / f"p{suffix(slug)}", slug, b"")


@pytest.mark.parametrize("slug", EVERY)
@pytest.mark.parametrize("magic", MAGICS)
def test_a_file_of_another_kind_is_refused(refused, tmp_path, slug, magic):
    assert refused(tmp_path / f"p{suffix(slug)}", slug, magic + bytes(range(256)))


@pytest.mark.parametrize("slug", EVERY)
def test_a_file_that_breaks_off_is_refused_or_read_as_far_as_it_makes_sense(
    refused, valid, tmp_path, slug
):
    whole = valid(slug)[0].read_bytes()
    for share in (0.02, 0.3, 0.6, 0.9, 0.98):
        refused(tmp_path / f"cut{suffix(slug)}", slug, whole[: max(1, int(share * len(whole)))])


@pytest.mark.parametrize("slug", EVERY)
def test_numbers_that_a_file_declares_cost_nothing(refused, valid, tmp_path, slug):
    """Each number in the head is made huge, as text and as a little-endian word."""
    for path in {valid(slug)[0], valid(slug)[-1]}:
        whole = path.read_bytes()
        altered = [
            whole[: m.start()] + b"9" * (m.end() - m.start()) + whole[m.end() :]
            for m in list(re.finditer(rb"\d+", whole[:512]))[:20]
        ]
        altered += [whole[:at] + b"\xff" * 8 + whole[at + 8 :] for at in range(8, 256, 24)]
        for content in altered:
            refused(tmp_path / f"huge{suffix(slug)}", slug, content)


@pytest.mark.parametrize("slug", EVERY)
def test_what_is_not_finite_is_not_imported(valid, tmp_path, slug):
    """Where an importer lets a NaN through, the data set refuses it."""
    path = next(path for path in valid(slug) if not files.inspect([path], importer(slug)).problems)
    rows = taken(slug, [path])
    project = Project.create(tmp_path / "p", "p")
    floats = [part.name for part in rows.schema.parts if part.dtype.startswith("float")]

    def spoilt():
        with project.new_dataset("d", rows.schema) as writer:
            for block in rows.blocks:
                last = {name: np.array(values, order="C") for name, values in block.items()}
                last[floats[0]].reshape(-1)[-1] = np.nan
                writer.add(last)

    if floats:
        with pytest.raises(StoreError, match="not a finite number"):
            spoilt()
    assert project.datasets() == []


@pytest.mark.parametrize("slug", EVERY)
def test_a_name_that_would_be_obeyed_is_kept_and_shown_literally(refused, valid, tmp_path, slug):
    path = tmp_path / f"{HOSTILE}{suffix(slug)}"
    path.write_bytes(valid(slug)[0].read_bytes())
    found = files.inspect([path], importer(slug))
    assert found.files == [str(path)]
    assert "\x1b" not in one_line(found.files[0])
    assert refused(path, slug, b"\0" * 64)


@pytest.mark.parametrize("kind", importers.all(), ids=lambda each: each.slug)
def test_an_importer_describes_itself(kind):
    offer = kind.offer()
    assert re.fullmatch(r"[a-z][a-z0-9-]*", offer.slug)
    assert offer.kind
    assert offer.title
    assert kind.suffixes
    assert all(re.fullmatch(r"\.[a-z0-9.-]+", each) for each in kind.suffixes)
    for field in offer.options:
        assert isinstance(field, FieldSpec)
        assert field.title
        assert field.help
    assert settle(kind.options, {}) == {field.path: field.default for field in kind.options}
    with pytest.raises(FormatError, match="no option"):
        settle(kind.options, {"\x1b": 1})
