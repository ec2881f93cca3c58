"""A name is kept as it was typed, or refused: it is never cut behind the person's back."""

from pathlib import Path

import pytest

from pushforward.studio.store.errors import StoreError
from pushforward.studio.store.names import MOST, check_name, name_of_data
from pushforward.studio.store.project import Project

TOO_LONG = "n" * (MOST + 1)


def test_a_name_may_have_so_many_characters_and_no_more() -> None:
    check_name("n" * MOST)
    with pytest.raises(StoreError, match="has 201 characters; it may have 200") as refused:
        check_name(TOO_LONG)
    assert refused.value.kind == "user"


def test_a_project_refuses_a_name_that_is_too_long_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Shorten it"):
        Project.create(tmp_path / "p", TOO_LONG)
    assert not (tmp_path / "p").exists()


def test_a_project_named_after_a_long_folder_can_be_made_all_the_same(tmp_path: Path) -> None:
    assert Project.open_or_create(tmp_path / TOO_LONG).name == "n" * MOST


def test_a_data_set_refuses_it_too(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p", "p")
    with pytest.raises(StoreError, match="Shorten it"):
        project.add_dataset(TOO_LONG, [[0.0, 1.0], [1.0, 0.0]], ["a", "b"])
    assert project.datasets() == []


def test_data_are_called_what_their_files_are_and_no_folder_is_taken_twice() -> None:
    def named(*files: str, taken: tuple[str, ...] = ()) -> str:
        return name_of_data([Path(file) for file in files], taken)

    assert named("/a/My  Data (2).csv") == "my-data-2"
    assert named("/a/x.csv", taken=("x", "x-2")) == "x-3"
    assert named("/a/--.csv") == "data"
    assert named(*(f"/a/jets_{kind}.hdf5" for kind in "gqtwz")) == "jets"
    assert named("/a/users.csv", "/a/units.csv") == "users-units"
    assert named("/a/gluon.hdf5", "/b/top.hdf5", taken=("gluon-top",)) == "gluon-top-2"
    assert named("/a/gluon.hdf5", "/b/gluon.hdf5") == "gluon"
    assert named(*(f"/My Jets/{kind}.hdf5" for kind in "gqtwz")) == "my-jets"
    assert named(f"/a/{'x' * 30}.csv", f"/a/{'y' * 30}.csv") == "a"
    assert named("/a/jets.csv", "/a/jets.csv.gz", taken=("jets",)) == "jets-2"
    assert named("/a/my-data.csv", taken=("My data",)) == "my-data-2", "one folder on the disk"
