"""The files of MovieLens in their three layouts: small ones made here, real ones where they are."""

import os
from pathlib import Path

import numpy as np
import pytest

from pushforward.studio.formats.interactions.movielens import MovieLens, core
from pushforward.studio.formats.limits import FormatError
from pushforward.studio.formats.options import settle
from pushforward.studio.formats.registry import discover, importers

REAL = Path(os.environ.get("MOVIELENS", "no-such-folder"))
"""Where folders such as ml-latest-small are: they may be used, and not passed on."""
LOOSE = {"core": 1, "longest": 6, "least": 0.0, "ties": "file"}

LATER = {
    "ratings.csv": "userId,movieId,rating,timestamp\n7,10,4.0,30\n7,20,3.5,10\n7,30,5.0,30\n"
    "9,20,1.0,5\n9,10,2.0,6\n",
    "movies.csv": 'movieId,title,genres\n10,"One, Two (1999)",Drama\n20,Ü (2001),Comedy\n',
    "links.csv": "movieId,imdbId,tmdbId\n10,1,2\n",
    "tags.csv": "userId,movieId,tag,timestamp\n7,10,good,1\n",
}
OLDER = {
    "ratings.dat": "7::10::4::30\n7::20::3::10\n7::30::5::30\n9::20::1::5\n9::10::2::6\n",
    "movies.dat": "10::One, Two (1999)::Drama\n20::Ü: the film (2001)::Comedy\n",
    "users.dat": "7::F::25::10::48067\n",
}
OLDEST = {
    "u.data": "7\t10\t4\t30\n7\t20\t3\t10\n7\t30\t5\t30\n9\t20\t1\t5\n9\t10\t2\t6\n",
    "u.item": "10|One, Two (1999)|01-Jan-1999||url|0|1\n20|Ü (2001)|01-Jan-2001||url|0|1\n",
}


def files(folder, texts, encoding="utf-8"):
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode(encoding))
    return [folder / name for name in texts]


def histories(paths, **options):
    found = MovieLens().rows(paths, settle(MovieLens.options, LOOSE | options))
    return found, np.concatenate([block["x"] for block in found.blocks])


@pytest.mark.parametrize(
    ("texts", "encoding", "second"),
    [
        (LATER, "utf-8", "Ü (2001)"),
        (OLDER, "latin-1", "Ü: the film (2001)"),
        (OLDEST, "latin-1", "Ü (2001)"),
    ],
    ids=["commas", "colons", "bars"],
)
def test_every_layout_gives_histories_in_order_of_time(tmp_path, texts, encoding, second):
    paths = files(tmp_path, texts, encoding)
    assert discover() == []
    assert importers.find_claiming(paths)[0].slug == "movielens"
    found, x = histories(paths)
    # Items 10 and 30 were rated at the same time: they stay in the order of the file.
    assert x.tolist() == [[2, 1, 3, 0, 0, 0], [2, 1, 0, 0, 0, 0]]
    assert found.schema.facts["titles"] == ["One, Two (1999)", second, "Item 30"]
    seen = MovieLens().inspect(paths, settle(MovieLens.options, LOOSE))
    assert (seen.rows, seen.kind) == (2, "interactions")
    one = "One, Two (1999)"
    assert seen.preview == {"x": [[second, one, "Item 30"], [second, one]], "person": [7, 9]}
    assert seen.notes[0] == "5 of 5 interactions kept: 2 users, 3 items."


def test_options_leave_out_what_is_rare_disliked_or_long_ago(tmp_path):
    paths = files(tmp_path, LATER)
    _, liked = histories(paths, least=3.0)
    assert liked[:, :3].tolist() == [[2, 1, 3]]
    found, often = histories(paths, core=2)
    assert often[:, :3].tolist() == [[2, 1, 0], [2, 1, 0]]
    assert len(found.schema.facts["titles"]) == 2
    _, newest = histories(paths, longest=2)
    assert newest.tolist() == [[1, 3], [2, 1]]
    found = MovieLens().rows(paths, settle(MovieLens.options, LOOSE | {"longest": 2}))
    [block] = found.blocks
    assert (block["earlier"].tolist(), block["earlier.lengths"].tolist()) == ([2], [1, 0])
    with pytest.raises(FormatError, match="is left"):
        histories(paths, core=3)


def test_a_core_is_what_is_left_when_nothing_more_falls():
    # Person 3 falls with item 9, and item 8 falls with person 3.
    user, item = np.array([1, 1, 2, 2, 3, 3]), np.array([5, 6, 5, 6, 8, 9])
    assert core(user, item, 2).tolist() == [0, 1, 2, 3]
    assert core(user, item, 3).tolist() == []


def test_a_film_that_is_rated_twice_counts_once(tmp_path):
    texts = {"u.data": "1\t5\t3\t10\n1\t6\t3\t11\n1\t5\t4\t12\n"}
    assert histories(files(tmp_path, texts))[1][0, :3].tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("ratings.csv", "userId,movieId,rating,timestamp\n1,2\n", "line 2 has 2 cells"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n1,2,nan,3\n", "line 2"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n1,-2,3,3\n", "line 2"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n1,1_0,3,3\n", "line 2"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n" + "9" * 40 + ",1,3,3\n", "line 2"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n" + "9" * 70_000, "longer than"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n", "is left"),
        ("movies.csv", "movieId,title,genres\n1,A,B\n", "no interactions are in there"),
        ("other.csv", "a,b\n1,2\n", "no file of MovieLens"),
        ("u.data", "1\t2\t3\t4\nx\n", "line 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path, name, text, says):
    with pytest.raises(FormatError, match=says):
        histories(files(tmp_path, {name: text}))


def test_ratings_alone_find_the_titles_beside_them_and_keep_all_numbers(tmp_path):
    ratings, _, _, _ = files(tmp_path, LATER)
    found, _ = histories([ratings])
    assert found.schema.facts["titles"] == ["One, Two (1999)", "Ü (2001)", "Item 30"]
    assert found.schema.facts["items"] == [10, 20, 30]
    assert found.schema.facts["called"] == ["userId", "movieId"]
    [block] = MovieLens().rows([ratings], settle(MovieLens.options, LOOSE)).blocks
    assert block["person"].tolist() == [7, 9]
    said = MovieLens().inspect([ratings], settle(MovieLens.options, LOOSE)).notes
    assert "The titles are from movies.csv beside the ratings." in said
    assert any("1 of 3 items have no title" in note for note in said)
    (tmp_path / "movies.csv").write_text("movieId,title\nx,A\n")
    seen = MovieLens().inspect([ratings], settle(MovieLens.options, LOOSE))
    assert any("movies.csv beside the ratings cannot be read" in note for note in seen.notes)
    assert seen.rows == 2


def test_columns_may_come_in_any_order_and_more_of_them(tmp_path):
    lines = ["timestamp,place,movieId,userId,rating", '30,"Bonn, Rhein",10,7,4.0', "10,,20,7,3.5"]
    _, x = histories(files(tmp_path, {"ratings.csv": "\n".join(lines)}))
    assert x[:, :3].tolist() == [[2, 1, 0]]


@pytest.mark.parametrize(
    ("name", "head", "says"),
    [
        (
            "ratings.csv",
            "userId,movieId,rating",
            "lacks the column timestamp; its columns are userId, movieId, rating",
        ),
        ("ratings.csv", "userId,movieId", "lacks the columns rating and timestamp"),
        ("ratings.csv", "userId,item,rating,timestamp", "lacks the column movieId"),
        ("movies.csv", "movieId,name,genres", "lacks the column title"),
    ],
)
def test_a_head_says_which_columns_are_missing_and_which_are_there(tmp_path, name, head, says):
    texts = {**LATER, name: f"{head}\n1,2,3\n"}
    paths = files(tmp_path, {k: texts[k] for k in ("ratings.csv", "movies.csv")})
    assert importers.find_claiming(paths)[0].slug == "movielens"
    with pytest.raises(FormatError, match=says):
        histories(paths)
    # Looked into, it can still be given to another importer: it is a problem, and no end.
    [problem] = MovieLens().inspect(paths, settle(MovieLens.options, LOOSE)).problems
    assert says in problem
    assert "in any order" in problem


def test_titles_in_latin_1_are_read_and_that_is_said(tmp_path):
    ratings, movies, _, _ = files(tmp_path, LATER)
    movies.write_bytes(movies.read_bytes() + "30,Amélie (2001),Comedy\n".encode("latin-1"))
    found, _ = histories([ratings, movies])
    assert found.schema.facts["titles"][1:] == ["Ü (2001)", "Amélie (2001)"]
    said = MovieLens().inspect([ratings, movies], settle(MovieLens.options, LOOSE)).notes
    assert "movies.csv is not all UTF-8: 1 of its titles, read as Latin-1." in said


@pytest.mark.parametrize("folder", ["ml-latest-small", "ml-1m", "ml-100k"])
def test_real_files_are_read(folder):
    paths = [p for p in sorted((REAL / folder).glob("*")) if p.suffix in MovieLens.suffixes]
    if not paths:
        pytest.skip("the files of MovieLens are not here")
    seen = MovieLens().inspect(paths, settle(MovieLens.options, {"core": 1}))
    assert seen.rows > 0
    if folder == "ml-latest-small":
        assert seen.rows == 610
        assert "of 100,836 interactions" in seen.notes[0]
