"""Claims are known, and measured on one thread: their networks are small."""

import pytest
import torch

from pushforward.verify.discovery import discover


@pytest.fixture(autouse=True, scope="session")
def _registered() -> None:
    torch.set_num_threads(1)
    assert discover() == []
