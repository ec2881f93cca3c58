"""Points with classes and numbers that a model is conditioned on."""

import torch

from pushforward.models.contracts.spec import LABEL
from pushforward.models.kinds.points import PointSet


def points() -> PointSet:
    x = torch.arange(8.0).reshape(4, 2)
    age = torch.tensor([1.0, 2.0, 3.0, 4.0])
    return PointSet(
        x, ("a", "b"), labels=torch.tensor([0, 1, 0, 1]), names=("u", "v"), numbers={"age": age}
    )


def test_conditions_are_given_only_where_a_model_is_conditioned_on_them():
    plain, told = points(), points().labelled()
    assert not plain.spec().given
    assert not plain.rows(slice(2)).given
    spec, rows = told.spec(), told.rows(slice(1, 3))
    assert set(spec.given) == {"age", LABEL}
    assert spec.given["age"].names == ("age",)
    assert rows.given["age"].tolist() == [2.0, 3.0]
    assert rows.given[LABEL].tolist() == [1, 0]
    standard = spec.given["age"].standardise(told.numbers["age"])
    torch.testing.assert_close(standard.mean(), torch.tensor(0.0))
    torch.testing.assert_close(standard.std(), torch.tensor(1.0))


def test_they_go_with_their_points():
    some = points().labelled().take(torch.tensor([3, 0]))
    assert some.numbers["age"].tolist() == [4.0, 1.0]
    assert some.rows(slice(None)).given[LABEL].tolist() == [1, 0]


def test_numbers_alone_are_conditions_too():
    assert PointSet(torch.zeros(3, 2), ("a", "b")).labelled() is None
    only = PointSet(torch.zeros(3, 2), ("a", "b"), numbers={"t": torch.ones(3)}).labelled()
    assert set(only.spec().given) == {"t"}
