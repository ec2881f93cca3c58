"""One variable moves everything that the program keeps; without it the system says where."""

from pathlib import Path

import pytest

from pushforward.studio import home

FOLDERS = (home.config_folder, home.data_folder, home.cache_folder, home.log_folder)


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(home.VARIABLE, str(tmp_path))
    found = [folder() for folder in FOLDERS]
    assert found == [tmp_path, tmp_path, tmp_path / "cache", tmp_path / "logs"]


@pytest.mark.parametrize("value", [None, ""])
def test_without_it_the_system_says_where(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(home.VARIABLE)
    if value is not None:
        monkeypatch.setenv(home.VARIABLE, value)
    assert home.moved() is None
    for folder in FOLDERS:
        assert folder().is_absolute()
        assert "pushforward" in str(folder()).lower()
