"""The engine in this process, on one thread."""

import pytest
import torch

from models.registry import discover, registry
from tests.engine.fakes import TINY


@pytest.fixture(autouse=True, scope="session")
def _registered():
    torch.set_num_threads(1)
    assert discover() == []


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    """The tiny family, known for the length of a test only."""
    monkeypatch.setitem(registry._entries, ("family", "tiny"), TINY)
