"""What is read of the runs of a sweep: newest values, with the floors of as many samples."""

from pathlib import Path

from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.race.standings import standing
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.store.run import RunFolder
from pushforward.studio.workflows.sweep_results import reached_floor
from tests.engine.fakes import new_run

discover()
FEW = {"sliced-w2": (0.4, 0.02), "energy-distance": (0.09, 0.03)}  # floors of few samples


def measured(tmp_path: Path, value: float, n: int) -> RunFolder:
    """Return a run whose last evaluation had n samples, and larger floors than all samples have."""
    spec = RunSpec(
        name="measured",
        family=Pick(slug="edm"),
        dataset=Pick(slug="eight-gaussians"),
        training={"steps": 40, "evaluate_samples": 8000},
    )
    run = new_run(tmp_path, spec)
    run.metrics.append({"quality/sliced-w2": ([20], [0.1])}, {"sliced-w2": 0.05})
    rows = {"quality/sliced-w2": value, "cost/samples": float(n)}
    for slug, (mean, spread) in FEW.items():
        rows |= {f"cost/floor/{slug}": mean, f"cost/floor/spread/{slug}": spread}
    run.metrics.append({name: ([40], [each]) for name, each in rows.items()}, {})
    return run


def test_a_value_of_few_samples_stands_next_to_their_floor(tmp_path: Path) -> None:
    found = standing(measured(tmp_path, 0.41, 1000))
    assert (found.values["sliced-w2"], found.floors["sliced-w2"]) == (0.41, 0.4)
    assert found.floors["spread/sliced-w2"] == 0.02
    assert found.n == 1000


def test_a_sweep_ends_at_the_floor_of_the_samples_that_were_measured(tmp_path: Path) -> None:
    assert reached_floor(measured(tmp_path / "near", 0.41, 1000), "sliced-w2")
    assert not reached_floor(measured(tmp_path / "far", 0.8, 1000), "sliced-w2")
    assert not reached_floor(measured(tmp_path / "few", 0.41, 500), "sliced-w2"), "too few to say"
    assert not reached_floor(measured(tmp_path / "other", 0.41, 1000), "energy-distance")
