"""The one figure that stands for a run: every place that shows a metric asks the same function."""

from pushforward.studio.app.core.evaluation_results import Evaluated
from pushforward.studio.app.core.latest_metrics import newest_figure
from pushforward.studio.app.core.runs import RunState, Series

ACCURACY = "accuracy"


def trained(step: int, measured: int, n: int) -> RunState:
    """Return a run that its training measured with few samples."""
    run = RunState(key="a", name="a", total=1000, step=step)
    for name, value in ((f"quality/{ACCURACY}", 0.5), ("cost/samples", float(n))):
        run.series[name] = Series()
        run.series[name].extend([measured], [value])
    return run


def evaluation(step: int, n: int) -> Evaluated:
    return Evaluated(step, 0, {ACCURACY: 0.642}, counts={ACCURACY: n})


def test_an_evaluation_of_many_samples_outweighs_the_few_of_the_training() -> None:
    """A map said 64.2 % of 9,726 where the inspector said that 16 samples are too few."""
    run = trained(step=1000, measured=1000, n=16)
    run.evaluated = evaluation(980, 9726)
    found = newest_figure(run, ACCURACY)
    assert found is not None
    assert (found.value, found.n, found.step, found.asked) == (0.642, 9726, 980, True)


def test_an_outdated_evaluation_does_not() -> None:
    run = trained(step=1000, measured=1000, n=16)
    run.evaluated = evaluation(100, 9726)
    found = newest_figure(run, ACCURACY)
    assert found is not None
    assert (found.value, found.n, found.asked) == (0.5, 16, False)


def test_of_one_step_the_larger_sample_counts() -> None:
    for n, value in ((10, 0.5), (16, 0.642), (100, 0.642)):
        run = trained(step=1000, measured=1000, n=16)
        run.evaluated = evaluation(1000, n)
        found = newest_figure(run, ACCURACY)
        assert found is not None
        assert found.value == value, n


def test_a_later_evaluation_of_too_few_samples_does_not_replace_the_training() -> None:
    """Two samples became the headline of a run that was measured with 2,000."""
    for n, value in ((2, 0.5), (999, 0.5), (1000, 0.642)):
        run = trained(step=1000, measured=990, n=2000)
        run.evaluated = evaluation(1000, n)
        found = newest_figure(run, ACCURACY)
        assert found is not None
        assert found.value == value, n
