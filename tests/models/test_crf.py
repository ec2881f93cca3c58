"""Dense CRFs: against a triple loop, against each other, and laws that no scene can change."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from pushforward.models.crf.cells import CellKernel
from pushforward.models.crf.filters import blur_probabilities, majority_filter
from pushforward.models.crf.kernels import (
    DenseKernel,
    Kernel,
    SmoothnessKernel,
    WindowKernel,
    bilateral_features,
)
from pushforward.models.crf.mean_field import Pairwise, free_energy, solve

Array = NDArray[np.float32]
H, W, K = 6, 6, 4


def probabilities(seed: int = 0, size: int = H * W) -> Array:
    return np.random.default_rng(seed).dirichlet(np.ones(K), size).astype(np.float32)


def spectra(seed: int = 1, height: int = H, width: int = W) -> Array:
    return np.random.default_rng(seed).normal(size=(height, width, 3)).astype(np.float32)


def looped(p: Array, terms: list[tuple[Array, float]], iterations: int, damping: float) -> Array:
    """Mean field by loops over pixels, labels and pixels again, in float64.

    ``terms`` are features (n, d) and weights.
    """
    n = len(p)
    kernels = []
    for features, weight in terms:
        entries = np.zeros((n, n))
        for i, j in itertools.product(range(n), repeat=2):
            if i != j:
                gap = features[i].astype(float) - features[j].astype(float)
                entries[i, j] = np.exp(-0.5 * (gap @ gap))
        degrees = entries.sum(axis=1)
        kernels.append((entries / np.sqrt(np.outer(degrees, degrees)), weight))
    q = p.astype(float)
    for _ in range(iterations):
        new = np.empty_like(q)
        for i in range(n):
            for label in range(K):
                energy = -np.log(float(p[i, label]))
                for other in range(K):
                    if other == label:
                        continue
                    for entries, weight in kernels:
                        energy += weight * float(entries[i] @ q[:, other])
                new[i, label] = np.exp(-energy)
            new[i] /= new[i].sum()
        q = (1 - damping) * new + damping * q
    return q.astype(np.float32)


def places(theta: float) -> Array:
    return (np.indices((H, W)).reshape(2, -1).T / theta).astype(np.float32)


@pytest.mark.parametrize("damping", [0.0, 0.5])
def test_the_mean_field_is_that_of_a_triple_loop(damping: float) -> None:
    p, values = probabilities(), spectra()
    features = bilateral_features(values, 2.0)
    expected = looped(p, [(places(1.5), 3.0), (features, 5.0)], 5, damping)
    terms = [Pairwise(SmoothnessKernel((H, W), 1.5), 3.0), Pairwise(DenseKernel(features), 5.0)]
    found = solve(p, terms, iterations=5, damping=damping).marginals
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_kernels_agree_with_each_other() -> None:
    p, values = probabilities(), spectra()
    whole = WindowKernel(values, 2.0, window=20.0, smallest=1e-12)
    dense = DenseKernel(bilateral_features(values, 2.0))
    np.testing.assert_allclose(whole.apply(p), dense.apply(p), atol=1e-6)
    smooth, same = SmoothnessKernel((H, W), 1.5), DenseKernel(places(1.5))
    np.testing.assert_allclose(smooth.apply(p), same.apply(p), atol=1e-6)


def test_a_kernel_computed_anew_is_the_same_as_one_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    features = bilateral_features(spectra(), 2.0)
    kept = DenseKernel(features).apply(probabilities())
    monkeypatch.setattr("pushforward.models.crf.kernels._KEPT", 0)
    monkeypatch.setattr("pushforward.models.crf.kernels._CHUNK", 4 * 36 * 5)
    np.testing.assert_allclose(DenseKernel(features).apply(probabilities()), kept, atol=1e-7)


def test_the_window_drops_little_and_a_smaller_one_more() -> None:
    p, values = probabilities(size=400), spectra(2, 20, 20)
    exact = solve(p, [Pairwise(DenseKernel(bilateral_features(values, 2.0)), 5.0)]).marginals
    gaps = [
        np.abs(solve(p, [Pairwise(WindowKernel(values, 2.0, w), 5.0)]).marginals - exact).mean()
        for w in (1.0, 2.5, 4.0)
    ]
    assert gaps[0] > 4 * gaps[1]
    assert gaps[1] >= gaps[2]
    assert gaps[1] < 0.01


def kernels() -> list[Kernel]:
    values = spectra()
    return [
        SmoothnessKernel((H, W), 1.5),
        DenseKernel(bilateral_features(values, 2.0)),
        WindowKernel(values, 2.0),
    ]


@pytest.mark.parametrize("kernel", kernels(), ids=lambda each: type(each).__name__)
def test_a_kernel_is_symmetric_without_a_self_term(kernel: Kernel) -> None:
    entries = kernel.apply(np.eye(H * W, dtype=np.float32))
    np.testing.assert_allclose(entries, entries.T, atol=1e-6)
    np.testing.assert_allclose(np.diag(entries), 0.0, atol=1e-6)
    # D^-1/2 K D^-1/2 of a positive K has the largest eigenvalue 1, at the root of the degrees.
    assert np.linalg.eigvalsh(entries.astype(float)).max() == pytest.approx(1.0, abs=1e-5)


def test_without_weights_nothing_changes() -> None:
    p = probabilities()
    terms = [Pairwise(kernel, 0.0) for kernel in kernels()]
    np.testing.assert_allclose(solve(p, terms).marginals, p, atol=1e-6)
    np.testing.assert_allclose(solve(p, []).marginals, p, atol=1e-6)


def test_renamed_classes_give_the_renamed_map() -> None:
    p, order = probabilities(), np.array([2, 0, 3, 1])
    terms = [Pairwise(kernel, 2.0) for kernel in kernels()]
    np.testing.assert_allclose(
        solve(p[:, order], terms).marginals, solve(p, terms).marginals[:, order], atol=1e-6
    )


def test_the_free_energy_is_that_of_its_definition() -> None:
    p, q, kernel = probabilities(), probabilities(5), kernels()[1]
    entries = kernel.apply(np.eye(H * W, dtype=np.float32)).astype(float)
    expected = float((q * (np.log(q) - np.log(p))).sum())
    for i, j in itertools.combinations(range(H * W), 2):
        expected += 3.0 * entries[i, j] * (1 - float(q[i] @ q[j]))
    assert free_energy(q, p, [Pairwise(kernel, 3.0)]) == pytest.approx(expected, rel=1e-5)


def two_cycles(damping: float) -> tuple[int, int]:
    """Return how many of 10 runs still change after 60 updates, and how many energies rise."""
    changing, rising = 0, 0
    for seed in range(10):
        p = probabilities(seed)
        terms = [Pairwise(SmoothnessKernel((H, W), 0.4), 10.0)]
        done = solve(p, terms, iterations=60, damping=damping)
        after = solve(p, terms, iterations=61, damping=damping)
        changing += bool(np.abs(done.marginals - after.marginals).max() > 0.1)
        rising += bool((np.diff(done.energies) > 1e-4).any())
    return changing, rising


def test_parallel_updates_oscillate_and_damping_prevents_it() -> None:
    changing, rising = two_cycles(0.0)
    assert changing >= 5
    assert rising >= 5
    assert two_cycles(0.5) == (0, 0)


def test_a_pixel_unlike_all_others_keeps_its_distribution() -> None:
    values = spectra()
    values[0, 0] += 1000.0
    p = probabilities()
    found = solve(p, [Pairwise(WindowKernel(values, 2.0), 50.0)]).marginals
    np.testing.assert_allclose(found[0], p[0], atol=1e-6)
    assert np.abs(found[1:] - p[1:]).max() > 0.1


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        SmoothnessKernel((H, W), 0.0)
    with pytest.raises(ValueError, match="damping"):
        solve(probabilities(), [], damping=1.0)
    with pytest.raises(ValueError, match="odd"):
        majority_filter(probabilities().reshape(H, W, K), 4)


def test_the_majority_is_counted_by_hand() -> None:
    p = probabilities().reshape(H, W, K)
    found = majority_filter(p, 3)
    labels = p.argmax(axis=-1)
    counts = np.bincount(labels[1:4, 2:5].ravel(), minlength=K) / 9
    np.testing.assert_allclose(found[2, 3], counts, atol=1e-6)
    np.testing.assert_allclose(majority_filter(p, 1).argmax(axis=-1), labels)


def test_blurred_probabilities_stay_probabilities() -> None:
    p = probabilities().reshape(H, W, K)
    found = blur_probabilities(p, 1.0)
    np.testing.assert_allclose(found.sum(axis=-1), 1.0, atol=1e-5)
    assert found.std() < p.std()


def fields(side: int) -> Array:
    """Values (side, side, 3) that change slowly, with some noise."""
    rows, columns = np.indices((side, side)) / 7.0
    smooth = np.stack([np.sin(rows), np.cos(columns), np.sin(rows + columns)], axis=-1)
    return (smooth + 0.1 * spectra(0, side, side)).astype(np.float32)


@pytest.mark.parametrize("block", [1, 2])
def test_cells_are_near_to_the_exact_kernel(block: int) -> None:
    size, theta = (25, 22), 4.0  # no multiple of a block
    values = fields(25)[:, :22]
    exact = DenseKernel(bilateral_features(values, theta))
    cells = CellKernel(size, theta, values, block=block)
    q = np.ascontiguousarray((values > 0).reshape(-1, 3), np.float32)  # one side of the values
    expected = exact.apply(q)
    error = np.abs(cells.apply(q) - expected).mean()
    assert error < 0.04 * expected.mean()
    # Fewer landmarks than there are kinds of pixels.
    coarse = CellKernel(size, theta, values, block=block, landmarks=2)
    assert np.abs(coarse.apply(q) - expected).mean() > 1.5 * error


def test_cells_of_space_alone_are_near_to_the_separable_kernel() -> None:
    q = probabilities(size=30 * 31)
    exact = SmoothnessKernel((30, 31), 3.0).apply(q)
    np.testing.assert_allclose(CellKernel((30, 31), 3.0, block=1).apply(q), exact, atol=3e-3)
    assert np.abs(CellKernel((30, 31), 3.0).apply(q) - exact).sum() < 0.06 * exact.sum()


def test_cells_refine_nearly_as_the_exact_form_and_leave_lonely_pixels_alone() -> None:
    size, theta = (24, 24), 5.0
    values = fields(24)
    truth = (values[..., 0] > 0).ravel()
    p = np.where(np.stack([truth, ~truth], axis=1), 0.6, 0.4).astype(np.float32)
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, len(p)).astype(np.float32)
    p += np.stack([noise, -noise], axis=1)
    p = np.clip(p, 0.01, 0.99)
    labels = []
    for kernel in (DenseKernel(bilateral_features(values, theta)), CellKernel(size, theta, values)):
        labels.append(solve(p, [Pairwise(kernel, 5.0)]).marginals.argmax(axis=1))
    assert (labels[0] != labels[1]).mean() < 0.03
    assert (labels[0] != p.argmax(axis=1)).mean() > 0.05
    far = values.copy()
    far[3, 3] = 1e3
    alone = CellKernel(size, theta, far).apply(p)
    assert np.isfinite(alone).all()
    assert np.abs(alone[3 * 24 + 3]).max() < 0.05
