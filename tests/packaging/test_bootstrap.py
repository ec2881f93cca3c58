"""The set-up script, without installing anything: it must run on the standard library alone."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "packaging" / "bootstrap.py"


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_needs_the_standard_library_only() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), "--help"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "open" in done.stdout


def test_a_wrong_python_is_refused_with_advice(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 10, 0))
    with pytest.raises(bootstrap.StepFailed) as caught:
        bootstrap.check_python()
    assert "3.11" in caught.value.advice


def test_missing_libraries_are_named_by_package(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "has_library", lambda name: name != "libEGL.so.1")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    assert "libegl1" in bootstrap.missing_packages(tests=False)
    assert "xvfb" in bootstrap.missing_packages(tests=True)
    assert "xvfb" not in bootstrap.missing_packages(tests=False)


def test_without_apt_it_says_what_is_missing(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.StepFailed, match="libegl1"):
        bootstrap.install_system(["libegl1"])


def test_an_environment_once_made_is_left_alone(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.touch()
    stamp = tmp_path / "stamp"
    calls: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "venv_python", lambda: python)
    monkeypatch.setattr(bootstrap, "STAMP", stamp)
    monkeypatch.setattr(bootstrap, "run", lambda command, what, advice: calls.append(command))
    bootstrap.make_environment(tests=True)
    assert len(calls) == 1
    assert "[dev]" in calls[0][-1]
    bootstrap.make_environment(tests=True)
    # What the tests need includes what the studio needs.
    bootstrap.make_environment(tests=False)
    assert len(calls) == 1
    stamp.write_text("another pyproject.toml")
    bootstrap.make_environment(tests=True)
    assert len(calls) == 2


def test_a_failed_step_says_what_to_do(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.StepFailed) as caught:
        bootstrap.run([sys.executable, "-c", "raise SystemExit(3)"], "trying", "try harder")
    assert "trying failed" in str(caught.value)
    assert caught.value.advice == "try harder"
