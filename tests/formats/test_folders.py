"""A folder stands for the files in it that one importer takes together."""

import pytest

from pushforward.studio.formats.files import inspect, rows
from pushforward.studio.formats.folders import standing_for, unfolded
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.worker import seconds_for
from tests.formats.test_movielens import LATER, files


def test_the_files_of_a_folder_that_belong_together_are_taken(tmp_path):
    folder = tmp_path / "ml-tiny"
    folder.mkdir()
    files(folder, {**LATER, "README.txt": "1 2\n3 4\n", ".hidden.csv": "a,b\n1,2\n"})
    (folder / "more.csv").mkdir()
    found = inspect([folder], options={"core": 1})
    assert (found.importer, found.rows) == ("movielens", 2)
    assert {file.rpartition("/")[2] for file in found.files} == set(LATER)
    assert found.notes[0] == (
        "Read from the folder ml-tiny: links.csv, movies.csv, ratings.csv, tags.csv."
    )
    assert found.bytes == sum((folder / name).stat().st_size for name in LATER)
    streamed = rows([folder], options={"core": 1})
    assert sum(len(block["x"]) for block in streamed.blocks) == 2


def test_tables_of_a_folder_are_taken_where_nothing_recognises_them(tmp_path):
    [path] = files(tmp_path, {"points.csv": "a,b\n1.5,2\n3,4\n"})
    assert unfolded([tmp_path]) == [path]
    assert unfolded([path]) == [path]


def test_a_folder_without_data_is_refused_in_words(tmp_path):
    files(tmp_path, {"song.mp3": "x"})
    with pytest.raises(FormatError, match=r"Nothing in the folder .* can be imported") as refused:
        inspect([tmp_path])
    assert ".csv" in refused.value.hint


def test_the_time_for_a_folder_grows_with_what_is_in_it(tmp_path):
    before = seconds_for([tmp_path])
    files(tmp_path, {"a.csv": "1,2\n" * 200_000})
    assert seconds_for([tmp_path]) > before + 30


@pytest.mark.parametrize(
    "chosen",
    [["README.txt"], ["movies.csv"], ["links.csv", "tags.csv"], ["README.txt", "movies.csv"]],
)
def test_files_that_mean_nothing_alone_stand_for_their_folder(tmp_path, chosen):
    files(tmp_path, {**LATER, "README.txt": "Ratings of films.\n"})
    assert inspect([tmp_path / name for name in chosen]).instead == str(tmp_path)


def test_files_that_hold_data_stand_for_themselves(tmp_path):
    files(tmp_path, {**LATER, "README.txt": "Ratings of films.\n", "more.csv": "a,b\n1,2\n"})
    for chosen in (["ratings.csv"], ["README.txt", "ratings.csv"], ["more.csv"]):
        found = inspect([tmp_path / name for name in chosen])
        assert found.instead == ""
        assert [file.rpartition("/")[2] for file in found.files] == chosen[-1:]
    # Whoever says how it is to be read is taken at their word.
    assert inspect([tmp_path / "movies.csv"], "points").instead == ""
    (tmp_path / "ratings.csv").unlink()
    assert standing_for([tmp_path / "movies.csv"]) is None
    assert standing_for([tmp_path / "gone" / "README.txt"]) is None
