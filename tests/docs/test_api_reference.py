"""The reference of the Python API agrees with its docstrings."""

import importlib.util
import inspect
from pathlib import Path
from types import ModuleType

import pytest

import pushforward

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    path = ROOT / "packaging" / "make_api_reference.py"
    spec = importlib.util.spec_from_file_location("make_api_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_is_current(script: ModuleType) -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert text == script.reference(), "run packaging/make_api_reference.py"


def test_every_public_name_and_method_is_described(script: ModuleType) -> None:
    text = script.reference()
    for name in pushforward.__all__:
        assert f"pf.{name}" in text
    for name, value in vars(pushforward.Run).items():
        if not name.startswith("_") and inspect.isfunction(value):
            assert f"#### `Run.{name}(" in text
            assert inspect.getdoc(value)
