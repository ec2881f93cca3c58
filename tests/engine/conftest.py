"""The engine in this process, on one thread."""

from collections.abc import Callable

import msgspec
import pytest
import torch

from pushforward.models.registry import discover, registry
from pushforward.studio.engine.jobs import headless
from pushforward.studio.protocol.spec import RunSpec
from pushforward.studio.store.run import RunFolder
from tests.engine.fakes import TINY, new_run


@pytest.fixture(autouse=True, scope="session")
def _registered():
    torch.set_num_threads(1)
    assert discover() == []


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """The tiny family, known for the length of a test only."""
    monkeypatch.setitem(registry._entries["family"], "tiny", TINY)


@pytest.fixture(scope="session")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Callable[[RunSpec], RunFolder]:
    """Train a run to its end without a stop, once for all tests that compare with it: they read it,
    and leave it as it is.
    """
    done: dict[bytes, RunFolder] = {}

    def run(spec: RunSpec) -> RunFolder:
        key = msgspec.json.encode(spec)
        if key not in done:
            folder = new_run(tmp_path_factory.mktemp("straight"), spec)
            status = headless.run(folder.path)
            assert (status.state, status.error) == ("finished", None)
            done[key] = folder
        return done[key]

    return run
