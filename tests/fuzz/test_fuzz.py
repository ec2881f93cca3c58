"""A walk with altered files and frames, the same each time; `python -m tests.fuzz` goes far.

Only what is documented may come out: a refusal with words, never a traceback, and for no small
file more memory or time than one may take. HDF5's library may crash: its process, not ours.
"""

from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pushforward.studio.protocol.messages import Array
from tests.fuzz.importers import check, files, slugs, suffix
from tests.fuzz.protocol import ARRAYS, check_arrays, check_stream, streams
from tests.fuzz.worker import Worker
from tests.tiers import tiered

walk_of = partial(
    settings,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


LENGTHS = tiered([10, 100], [10])


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("slug", slugs())
def test_altered_files_are_refused_in_words(tmp_path: Path, slug: str, length: int) -> None:
    worker = Worker(tmp_path / "errors")
    path = tmp_path / f"p{suffix(slug)}"

    @walk_of(max_examples=length)
    @given(content=files(slug, tmp_path))
    def walk(content: bytes) -> None:
        check(slug, path, content, worker)

    try:
        walk()
    finally:
        worker.close()


@walk_of(max_examples=100)
@given(stream=streams())
def test_altered_frames_are_refused_or_waited_for(stream: tuple[type, list[bytes]]) -> None:
    check_stream(*stream)


@walk_of(max_examples=100)
@given(
    arrays=st.dictionaries(st.sampled_from(["x", "y"]), ARRAYS, max_size=2),
    payload=st.binary(max_size=40),
)
def test_arrays_never_reach_beyond_their_payload(arrays: dict[str, Array], payload: bytes) -> None:
    check_arrays(arrays, payload)
