"""Observables of jets against brute force, known cases and laws."""

import itertools
import string

import numpy as np
import pytest

from pushforward.observables.jets.correlators import c2, correlators, d2
from pushforward.observables.jets.energy_flow import (
    CONNECTED,
    FOUR,
    all_polynomials,
    connected_polynomials,
    four_polynomials,
)
from pushforward.observables.jets.kinematics import distances, masses, momenta
from pushforward.observables.jets.subjettiness import ratios, subjettiness, winners
from pushforward.observables.jets.variables import EFPS, JET, constituent_variables, jet_variables

LEAST = {name: 1e-15 for name in JET} | {"mass": 1e-3}
"""What rounding may leave: of a mass of 0 the root of it."""


def some(n=60, most=9, seed=0):
    """Jets of 0 to ``most`` constituents, with numbers where places are padded."""
    rng = np.random.default_rng(seed)
    size = rng.integers(0, most + 1, n)
    pt = rng.exponential(30.0, (n, most)) * (np.arange(most) < size[:, None])
    return rng.normal(0.0, 0.15, (n, most, 2)), pt


def clustered(apart, pt, wanted):
    """Exclusive kT, as it is defined: of all pairs that of the least distance, until N are left."""
    pt, left = list(pt), [k for k, each in enumerate(pt) if each > 0.0]
    while len(left) > wanted:
        _, one, other = min(
            (min(pt[a], pt[b]) ** 2 * apart[a, b] ** 2, a, b)
            for a, b in itertools.combinations(left, 2)
        )
        winner, loser = (one, other) if pt[one] >= pt[other] else (other, one)
        pt[winner] += pt[loser]
        left.remove(loser)
    return set(left)


def test_axes_are_those_of_a_clustering_that_looks_at_every_pair() -> None:
    angles, pt = some(200)
    apart = distances(angles)
    found = winners(apart, pt, 3)
    for row in range(len(pt)):
        for count in (1, 2, 3):
            expected = clustered(apart[row], pt[row], count)
            assert set(np.flatnonzero(found[count - 1, row])) == expected


def test_subjettiness_is_the_sum_of_its_definition() -> None:
    angles, pt = some(30)
    apart = distances(angles)
    taus = subjettiness(angles, pt)
    for row in np.flatnonzero(pt.sum(axis=1)):
        for count in (1, 2, 3):
            axes = list(clustered(apart[row], pt[row], count))
            spread = sum(
                p * min(apart[row, k, j] for j in axes) for k, p in enumerate(pt[row]) if p > 0.0
            )
            assert taus[row, count - 1] == pytest.approx(spread / pt[row].sum(), rel=1e-12)
    assert (np.diff(taus, axis=1) <= 0.0).all()


def test_jets_of_two_and_of_three_prongs_are_known_by_how_narrow_these_are() -> None:
    """The ratio goes to 0 with the width of the prongs, and in a jet without prongs it does not."""
    rng = np.random.default_rng(1)
    for prongs, widths in ((2, (1e-2, 1e-4)), (3, (1e-2, 1e-4))):
        centres = np.array([[0.3, 0.0], [-0.2, 0.2], [-0.1, -0.3]])[:prongs]
        at = np.repeat(centres, 5, axis=0)
        pt = rng.uniform(5.0, 50.0, (20, len(at)))
        found = []
        for width in widths:
            angles = at + width * np.random.default_rng(2).normal(size=(20, len(at), 2))
            found.append(ratios(subjettiness(angles, pt))[:, prongs - 2])
        np.testing.assert_allclose(found[1], found[0] / 100.0, rtol=0.2)
        assert found[1].max() < 2e-3
    one = 0.1 * rng.normal(size=(50, 30, 2))
    tau21 = ratios(subjettiness(one, rng.uniform(5.0, 50.0, (50, 30))))[:, 0]
    assert tau21.min() > 0.3


def test_two_constituents_of_one_spot_and_equal_pt_are_one() -> None:
    angles = np.array([[[0.0, 0.0], [0.0, 0.0], [0.3, 0.4]]])
    taus = subjettiness(angles, np.array([[10.0, 20.0, 30.0]]))
    np.testing.assert_allclose(taus[0], [0.25, 0.0, 0.0], atol=1e-15)


def test_correlators_are_sums_over_pairs_and_triples() -> None:
    angles, pt = some(30, seed=2)
    apart = distances(angles)
    pairs, triples = correlators(angles, pt)
    for row, total in enumerate(pt.sum(axis=1)):
        z = pt[row] / max(total, 1e-300)
        two = sum(z[i] * z[j] * apart[row, i, j] for i, j in itertools.combinations(range(9), 2))
        three = sum(
            z[i] * z[j] * z[k] * apart[row, i, j] * apart[row, j, k] * apart[row, i, k]
            for i, j, k in itertools.combinations(range(9), 3)
        )
        assert pairs[row] == pytest.approx(two, rel=1e-10, abs=0.0)
        assert triples[row] == pytest.approx(three, rel=1e-10, abs=0.0)
    good = pairs > 0.0
    expected = triples[good] / pairs[good] ** 3
    np.testing.assert_allclose(d2(pairs, triples)[good], expected, rtol=1e-12)
    # What code of jet papers calls D2, e3 times the sum of z over e2^2 of shares as they are.
    loose = pt / 1000.0
    e2 = np.einsum("ni,nj,nij->n", loose, loose, apart) / 2.0
    e3 = np.einsum("ni,nj,nk,nij,njk,nik->n", *[loose] * 3, *[apart] * 3, optimize=True) / 6.0
    variant = e3[good] * loose.sum(axis=1)[good] / e2[good] ** 2
    np.testing.assert_allclose(c2(pairs, triples)[good], variant, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("name", CONNECTED)
@pytest.mark.parametrize("wide", [1.0, 12.0], ids=["narrow", "all around"])
def test_polynomials_are_the_sum_over_all_placements(name: str, wide: float) -> None:
    angles, pt = some(6, 6, seed=3)
    angles = wide * angles
    apart, z = distances(angles), pt / 900.0
    edges = CONNECTED[name]
    nodes = 1 + max((node for edge in edges for node in edge), default=0)
    letters = string.ascii_lowercase
    terms = [letters[k] for k in range(nodes)] + [letters[a] + letters[b] for a, b in edges]
    found = connected_polynomials(angles, z, (name,))[name]
    for row in range(len(z)):
        given = [z[row]] * nodes + [apart[row]] * len(edges)
        expected = np.einsum(",".join(terms) + "->", *given)
        assert found[row] == pytest.approx(expected, rel=1e-10, abs=0.0)


def test_polynomials_do_not_see_a_constituent_split_in_two_of_one_spot() -> None:
    """They are collinear safe, also far from the axis, where rounding finds a distance of 0."""
    angles, pt = some(20, 8, seed=8)
    angles += [2.0, -1.0]
    halves = np.concatenate([0.25 * pt, 0.75 * pt], axis=1) / 900.0
    np.testing.assert_allclose(
        all_polynomials(np.concatenate([angles, angles], axis=1), halves),
        all_polynomials(angles, pt / 900.0),
        rtol=1e-7,
        atol=1e-14,
    )


def canonical(edges) -> tuple:
    """The edges of a multigraph in the least of all numberings of its nodes."""
    nodes = sorted({node for edge in edges for node in edge})
    return min(
        tuple(sorted(tuple(sorted((order[a], order[b]))) for a, b in edges))
        for order in (
            dict(zip(nodes, each, strict=True))
            for each in itertools.permutations(range(len(nodes)))
        )
    )


def test_the_graphs_are_all_that_there_are_and_each_is_there_once() -> None:
    """All connected multigraphs of at most four edges, grown edge by edge."""
    grown = {canonical(((0, 1),))}
    every = [set(grown)]
    for _ in range(3):
        grown = {
            canonical((*edges, (a, b)))
            for edges in grown
            for a in range(5)
            for b in range(a + 1, 6)
            if {a, b} & {node for edge in edges for node in edge}
        }
        every.append(grown)
    assert [len(each) for each in every] == [1, 2, 5, 12]
    known = [canonical(edges) for edges in CONNECTED.values() if edges]
    assert len(set(known)) == len(known)
    assert set(known) == set.union(*every)
    fours = {edges for edges in every[3] if len({n for edge in edges for n in edge}) == 4}
    assert {canonical(CONNECTED[name]) for name in FOUR} == fours


def test_of_at_most_four_edges_there_are_36_also_in_pieces() -> None:
    angles, pt = some(4, 5, seed=4)
    z = pt / 100.0
    found = all_polynomials(angles, z)
    assert found.shape == (4, 36)
    single = connected_polynomials(angles, z)
    np.testing.assert_array_equal(found[:, :21], np.stack(list(single.values()), axis=1))
    rest = {tuple(column) for column in found[:, 21:].T}
    for product in (
        single["line"] ** 2,
        single["line"] ** 4,
        single["line"] * single["triangle"],
        single["wedge"] * single["line x2"],
        single["line"] ** 2 * single["wedge"],
    ):
        assert any(np.allclose(product, column, rtol=1e-12, atol=0.0) for column in rest)
    np.testing.assert_array_equal(
        four_polynomials(angles, z), np.stack([single[name] for name in FOUR], axis=1)
    )


def test_variables_know_no_order_no_turn_and_no_padding() -> None:
    angles, pt = some(40, seed=5)
    before = jet_variables(angles, pt)
    order = np.random.default_rng(6).permutation(pt.shape[1])
    junk = np.where(pt[..., None] > 0.0, angles, 1e3)
    # In the plane a turn and a move keep every distance; the mass is that of other constituents.
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    moved = angles @ turn + [0.1, 2.0 * np.pi - 0.05]
    for changed, same in (
        (jet_variables(angles[:, order], pt[:, order]), JET),
        (jet_variables(junk, pt), JET),
        (jet_variables(moved, pt), set(JET) - {"mass", "pt"}),
    ):
        for name in same:
            np.testing.assert_allclose(changed[name], before[name], rtol=1e-9, atol=LEAST[name])
    scaled = jet_variables(angles, 7.0 * pt)
    for name in JET:
        factor = 7.0 if name in ("mass", "pt") else 1.0
        np.testing.assert_allclose(scaled[name], factor * before[name], rtol=1e-9, atol=LEAST[name])


def test_variables_are_the_same_in_blocks_and_one_by_one() -> None:
    angles, pt = some(2000, seed=7)
    whole = jet_variables(angles, pt)
    assert list(whole) == list(JET)
    single = connected_polynomials(angles, pt / np.maximum(pt.sum(axis=1, keepdims=True), 1e-300))
    for name, graph in zip(EFPS, FOUR, strict=True):
        np.testing.assert_allclose(whole[name], single[graph], rtol=1e-9, atol=1e-18)
    some_rows = slice(1900, 1910)
    for name in JET:
        found = jet_variables(angles[some_rows], pt[some_rows], (name,))
        assert list(found) == [name]
        np.testing.assert_allclose(found[name], whole[name][some_rows], rtol=1e-9, atol=1e-18)
    with pytest.raises(KeyError, match="tau43"):
        jet_variables(angles, pt, ("tau43",))


def test_an_empty_jet_and_one_of_a_single_constituent_have_numbers() -> None:
    angles = np.array([[[np.nan, 9.0], [1.0, 1.0]], [[0.1, 0.1], [0.0, 0.0]]])
    angles = np.nan_to_num(angles)
    pt = np.array([[0.0, 0.0], [50.0, 0.0]])
    found = jet_variables(angles, pt)
    for name, values in found.items():
        assert np.isfinite(values).all(), name
        assert values[0] == 0.0
    assert found["pt"][1] == pytest.approx(50.0)
    assert found["constituents"].tolist() == [0.0, 1.0]
    assert found["mass"][1] == pytest.approx(0.0, abs=1e-5)
    assert jet_variables(angles[:0], pt[:0])["tau21"].shape == (0,)


def test_shares_of_an_asked_pt_give_larger_polynomials() -> None:
    """Four weights of a graph of four nodes: the EFP goes with the fourth power of the share."""
    angles, pt = some(10, seed=8)
    own = jet_variables(angles, pt, ("efp-1",))["efp-1"]
    asked = jet_variables(angles, pt, ("efp-1",), pt.sum(axis=1) / 2.0)["efp-1"]
    np.testing.assert_allclose(asked, 16.0 * own, rtol=1e-12)


def test_two_constituents_have_the_mass_and_the_pt_of_their_sum() -> None:
    pt = np.array([[300.0, 500.0]])
    angles = np.array([[[0.2, 0.0], [0.0, -0.1]]])
    mass = np.sqrt(2 * 300.0 * 500.0 * (np.cosh(0.2) - np.cos(0.1)))
    assert masses(angles, pt)[0] == pytest.approx(mass, rel=1e-9)
    total = np.hypot(300.0 + 500.0 * np.cos(0.1), 500.0 * np.sin(0.1))
    assert momenta(angles, pt)[0] == pytest.approx(total, rel=1e-12)


def test_constituents_say_whose_they_are() -> None:
    angles, pt = some(10, seed=9)
    found, jets = constituent_variables(angles, pt)
    assert len(jets) == (pt > 0.0).sum()
    np.testing.assert_allclose(np.bincount(jets, found["pt"], len(pt)), pt.sum(axis=1))
    np.testing.assert_array_equal(found["eta"], angles[pt > 0.0][:, 0])
