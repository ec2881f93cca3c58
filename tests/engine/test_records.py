"""What a record says of particles: their way in the units of the data, and once what holds for it
all.
"""

import numpy as np
import pytest
import torch

from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.spec import SIZE, DataSpec, Given
from pushforward.studio.engine.jobs.headless import create
from pushforward.studio.engine.jobs.training import TrainingJob
from pushforward.studio.engine.kinds.base import DataKind, kind_of
from pushforward.studio.engine.process.discovery import discover
from pushforward.studio.engine.watch.recorder import recorded
from pushforward.studio.engine.watch.staging import scene_arrays
from pushforward.studio.protocol.messages import Record, Watch
from pushforward.studio.protocol.spec import Pick, RunSpec
from pushforward.studio.protocol.wire import unpack_arrays
from tests.engine.fakes import MemorySink

MASKS = torch.arange(4).expand(5, 4) < torch.arange(5)[:, None]


def jets() -> DataSpec:
    """Return the spec of up to 4 constituents with 2 numbers each, and a label and a mass."""
    mass = Given((1,), mean=torch.tensor([100.0]), std=torch.tensor([10.0]))
    return DataSpec(
        "sets",
        (4, 2),
        torch.full((4, 2), 3.0),
        torch.full((4, 2), 2.0),
        masks=MASKS,
        given={"label": Given(classes=3), "mass": mass, SIZE: Given()},
        law={
            SIZE: torch.tensor([1, 4]),
            "label": torch.tensor([2, 1]),
            "mass": torch.tensor([[0.0], [1.0]]),
        },
    )


def test_padded_places_stay_zero_and_conditions_are_told_once_in_their_units():
    spec = jets()
    mask, given = spec.conditions(6, torch.Generator().manual_seed(0))
    latents = Batch(torch.randn(6, 4, 2), mask, given)
    found = recorded(spec, latents, [(0.0, torch.zeros(6, 4, 2)), (1.0, torch.ones(6, 4, 2))])
    assert found["x"].shape == (2, 6, 4, 2)
    real = np.broadcast_to(mask[..., None].numpy(), (6, 4, 2))
    np.testing.assert_array_equal(found["x"][0], np.where(real, 3.0, 0.0))
    np.testing.assert_array_equal(found["x"][1], np.where(real, 5.0, 0.0))
    np.testing.assert_array_equal(found["mask"], mask)
    np.testing.assert_array_equal(found["given:label"], given["label"])
    assert found["given:label"].dtype == np.int64
    assert set(found["given:mass"].ravel()) == {100.0, 110.0}


def test_whole_numbers_are_no_floats_on_their_way():
    spec = DataSpec("text", (3,), torch.zeros(3), torch.ones(3), symbols=2**20)
    x = torch.tensor([[2049, 69413, 2**20 - 1]])
    found = recorded(spec, Batch(x), [(1.0, x)])
    assert found["x"].dtype == np.int64
    np.testing.assert_array_equal(found["x"], x[None])
    scene = scene_arrays(spec, {"real": x, "velocity": x.float()}, 5)
    assert scene["scene:real"].dtype == np.int64
    np.testing.assert_array_equal(scene["scene:real"], x)
    np.testing.assert_array_equal(scene["scene:velocity"], x.float())


def test_only_images_are_kept_in_half_the_bits():
    discover()
    assert kind_of("images").record_types == {"x": "float16"}
    assert kind_of("points").record_types == kind_of("sets").record_types == {}
    assert isinstance(kind_of("sets"), DataKind)


@pytest.mark.parametrize("dataset", ["two-moons", "digits"])
def test_a_training_keeps_and_shows_the_same_record(tmp_path, dataset):
    training = {"steps": 2, "batch": 8, "particles": 6, "frames": 3, "samples": 100}
    training |= {"evaluate_samples": 16, "device": "cpu"}
    net = {"slug": "mlp", "config": {"width": 8, "depth": 1}}
    spec = RunSpec(
        name="a",
        family=Pick(slug="edm", config={"net": net}),
        dataset=Pick(slug=dataset),
        training=training,
        metrics=[Pick(slug="sliced-w2" if dataset == "two-moons" else "frechet-judge")],
    )
    folder = create(spec, tmp_path / "p")
    sink = MemorySink(watching=True)
    job = TrainingJob("1", folder, sink, total=2)
    job.state = "running"
    watch = Watch(
        job="1", on=True, particles=6, bounds=[-1, 1, -1, 1], layers=["velocity"], resolution=4
    )
    job.watch(watch)
    for _ in job.work():
        pass
    record = folder.flow.load(folder.flow.steps()[-1])
    event, payload = next((r, p) for r, p in reversed(sink.records) if isinstance(r, Record))
    live = unpack_arrays(event.arrays, b"".join(payload))
    assert record.x.dtype == live["x"].dtype == np.float32
    assert record.x.shape[1:] == live["x"].shape[1:]
    assert {"t", "x"} <= set(record.arrays)
