"""The switch between a plain function and a graph of it, which must be equal, and faster."""

from collections.abc import Callable
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor

from pushforward.models.training import accelerate
from pushforward.models.training.accelerate import Switch

X = torch.tensor([1.0, 2.0])


def double(x: Tensor) -> Tensor:
    return 2 * x


class Bench:
    """A switch that takes any tensor, with a capture and a clock of our own; counts captures."""

    def __init__(self, fast: Callable[[Tensor], Tensor] | None, speedup: float) -> None:
        self.captures = 0
        self.calls = 0
        self._made = fast
        self._speedup = speedup
        self.switch = Switch(self._capture, self._clock, lambda tensors: True)

    def _capture(self, function, tensors):
        self.captures += 1
        if self._made is None:
            raise RuntimeError("operation not permitted when stream is capturing")

        def fast(x: Tensor) -> Tensor:
            self.calls += 1
            return self._made(x)

        return fast

    def _clock(self, function, tensors):
        return 1.0 if function is double else 1.0 / self._speedup


def test_what_is_equal_and_faster_is_used():
    bench = Bench(lambda x: x + x, speedup=3.0)
    for _ in range(4):
        assert torch.equal(bench.switch(double, X), 2 * X)
    assert bench.captures == 1
    assert bench.calls == 1 + 4, "once to compare, then each time"


@pytest.mark.parametrize(
    ("fast", "speedup"),
    [
        (lambda x: x + x, 0.5),  # slower
        (lambda x: torch.nextafter(2 * x, 3 * x), 3.0),  # another result, by one bit
        (None, 3.0),  # cannot be captured
    ],
)
def test_anything_else_is_not(fast, speedup: float):
    bench = Bench(fast, speedup)
    for _ in range(4):
        assert torch.equal(bench.switch(double, X), 2 * X)
    assert bench.captures == 1, "tried once, not at each call"
    assert bench.calls <= 1


def test_another_kind_of_call_is_tried_anew():
    bench = Bench(lambda x: x + x, speedup=3.0)
    bench.switch(double, X, key=1)
    bench.switch(double, X, key=2)
    bench.switch(double, torch.zeros(3), key=2)
    bench.switch(double, torch.zeros(3).double(), key=2)
    assert bench.captures == 4


def test_graphs_of_several_shapes_are_kept_and_the_oldest_goes():
    bench = Bench(lambda x: x + x, speedup=3.0)
    for _ in range(3):
        for n in (2, 3, 4):
            bench.switch(double, torch.ones(n))
    assert bench.captures == 3, "each shape once, though they take turns"
    for n in range(5, 5 + accelerate._KEPT):
        bench.switch(double, torch.ones(n))
    before = bench.captures
    bench.switch(double, torch.ones(5 + accelerate._KEPT - 1))
    assert bench.captures == before
    bench.switch(double, torch.ones(2))
    assert bench.captures == before + 1


def test_a_graph_is_warmed_up_on_a_side_stream_and_captured_after_it(monkeypatch):
    """As the notes of PyTorch on CUDA graphs have it; there is no GPU here to try it on."""
    done: list[str] = []
    streams = {"now": "main"}

    class Stream:
        def __init__(self, name: str = "side") -> None:
            self.name = name

        def wait_stream(self, other: "Stream") -> None:
            done.append(f"{self.name} waits for {other.name}")

    @contextmanager
    def on(stream: Stream):
        streams["now"] = stream.name
        yield
        streams["now"] = "main"

    @contextmanager
    def capture(graph):
        streams["now"] = "capture"
        yield
        streams["now"] = "main"

    class Graph:
        def replay(self) -> None:
            done.append("replay")

    cuda = {
        "Stream": Stream, "stream": on, "current_stream": lambda: Stream("main"),
        "CUDAGraph": Graph, "graph": capture,
    }  # fmt: skip
    for name, fake in cuda.items():
        monkeypatch.setattr(torch.cuda, name, fake)

    def function(x: Tensor) -> Tensor:
        done.append(streams["now"])
        return 2 * x

    replay = accelerate.captured(function, (X,))
    assert done == [
        "side waits for main", *["side"] * 3, "main waits for side", "capture",
    ]  # fmt: skip
    assert torch.equal(replay(X), 2 * X)
    assert done[-1] == "replay"


def test_on_a_cpu_nothing_is_tried():
    def never(*arguments):
        raise AssertionError

    assert torch.equal(Switch(never, never)(double, X), 2 * X)
