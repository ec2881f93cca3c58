"""Whether two runs are the same, bit for bit."""

import numpy as np

from pushforward.models.operators.drawing import draw
from pushforward.studio.engine.run.model_loading import load
from tests.engine.fakes import losses


def finish(work):
    for _ in work:
        pass


def result_of(work):
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def sampled(folder, n=64):
    loaded = load(folder)
    return result_of(draw(loaded.family, n, seed=3, sampler=loaded.sampler)).x.numpy()


def assert_same_run(one, other):
    assert losses(one) == losses(other)
    assert len(losses(one)[0]) == one.record.spec.training["steps"]
    first, second = (run.checkpoints.newest()[0] for run in (one, other))
    assert first.step == second.step
    assert first.values == second.values
    assert first.tensors.keys() == second.tensors.keys()
    for name, tensor in first.tensors.items():
        np.testing.assert_array_equal(tensor, second.tensors[name], err_msg=name)
    np.testing.assert_array_equal(sampled(one), sampled(other))
