"""Extras of records: critic, manifold and latents; particles that are the state of a model."""

import math

import numpy as np
import pytest
import torch

from pushforward.models.config import Pick
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Frame
from pushforward.models.contracts.spec import DataSpec
from pushforward.models.families.gan import Gan, GanConfig
from pushforward.models.operators.drawing import draw, most, repeats
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.studio.app.engine.record_reader import read_record
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.run.resolve import check
from pushforward.studio.engine.watch import extras
from pushforward.studio.engine.watch.evaluation import Evaluator
from pushforward.studio.engine.watch.recorder import Recorder
from pushforward.studio.protocol import messages as m
from pushforward.studio.protocol.extras import EXTRAS, PROJECTION, PROJECTION_TARGET, TOLD
from pushforward.studio.protocol.records import FlowRecord
from pushforward.studio.store.flow import FlowStore
from tests.engine.fakes import TINY, MemorySink, Tiny, TinyConfig, drive, new_job, new_run, spec
from tests.engine.test_commands import Desk, generate
from tests.formats.whole import read

DATA = DataSpec("points", (2,), torch.tensor([10.0, 20.0]), torch.tensor([2.0, 3.0]))
CPU = torch.device("cpu")


def gan(latent=5, data=DATA):
    small = Pick(config={"width": 8, "depth": 1})
    config = GanConfig(latent=latent, generator=small, critic=small)
    return Gan(config, data, horizon=10, seed=0, device=CPU)


def finished(work):
    while True:
        try:
            assert next(work) is False
        except StopIteration as end:
            return end.value


def record(family, *, particles=30, frames=5, **options):
    recorder = Recorder(family, seed=1, particles=particles, frames=frames)
    return finished(recorder.record(5, **options))


class Crowd(Tiny):
    """A tiny family whose particles are its state: they start on a line and have moved up."""

    population = 50

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.start = torch.arange(self.population).float().unsqueeze(1).expand(-1, 2) / 50

    def prior(self, n, generator, given=None):
        return Batch(self.start[:n].clone())

    def flow(self, latents, *, sampler=None, generator=None):
        start = Batch.of(latents).x
        assert torch.equal(start, self.start[: len(start)])
        yield Frame(0.0, start, 0)
        yield Frame(1.0, start + torch.tensor([0.0, 1.0]), 3)

    def critic(self, x, t=1.0):
        return Batch.of(x).x[:, 0] + t


class Critical(Tiny):
    """A tiny family whose critic knows the time."""

    def critic(self, x, t=1.0):
        return 100.0 * t + Batch.of(x).x.sum(dim=1)


def tiny(kind, data=DATA):
    return kind(TinyConfig(), data, horizon=1, seed=0, device=CPU)


class TestRecords:
    def test_critic_is_d_at_each_frame_and_its_time(self):
        family = tiny(Critical)
        made = record(family, extras=["critic"])
        assert made.extras.keys() == {"critic"}
        x = DATA.standardise(torch.from_numpy(made.x)).sum(dim=2).numpy()
        expected = 100.0 * made.t[:, None] + x
        np.testing.assert_allclose(made.extras["critic"], expected, atol=1e-4)

    def test_critic_of_a_gan_is_that_of_its_field(self):
        family = gan()
        made = record(family, extras=["critic"])
        x = DATA.standardise(torch.from_numpy(made.x[-1]))
        torch.testing.assert_close(
            torch.from_numpy(made.extras["critic"][-1]), family.critic(x), atol=1e-5, rtol=1e-5
        )
        assert made.extras["critic"].shape == made.x.shape[:2]

    def test_manifold_is_the_pushed_grid_of_two_latents(self):
        family = gan(latent=5)
        grid = record(family, extras=["manifold"]).extras["manifold"]
        assert grid.shape == (32, 32, 2)
        q = [math.sqrt(2) * float(torch.erfinv(torch.tensor(2 * p - 1))) for p in (0.02, 0.98)]
        corners = torch.tensor(
            [[q[0], q[0], 0, 0, 0], [q[1], q[0], 0, 0, 0], [q[0], q[1], 0, 0, 0]]
        )
        pushed = DATA.restore(family.push(corners)).numpy()
        np.testing.assert_allclose(grid[0, 0], pushed[0], atol=1e-4)
        np.testing.assert_allclose(grid[0, -1], pushed[1], atol=1e-4)
        np.testing.assert_allclose(grid[-1, 0], pushed[2], atol=1e-4)

    def test_a_single_latent_makes_a_line(self):
        grid = record(gan(latent=1), extras=["manifold"]).extras["manifold"]
        assert grid.shape == (1, 32, 2)

    @pytest.mark.parametrize("latent", [1, 2, 5])
    def test_latents_are_those_of_the_particles_scaled_as_the_prior(self, latent):
        family = gan(latent)
        made = record(family, extras=["latents"])
        z = family.prior(30, make_generator(1, 3000)).x
        shown = made.extras["latents"]
        assert shown.shape == (30, 2)
        np.testing.assert_allclose(shown[:, 0], 10.0 + 2.0 * z[:, 0].numpy(), rtol=1e-5)
        second = z[:, 1].numpy() if latent > 1 else np.zeros(30)
        np.testing.assert_allclose(shown[:, 1], 20.0 + 3.0 * second, rtol=1e-5)
        few = record(family, particles=7, extras=["latents"])
        assert few.extras["latents"].shape == (7, 2)

    def test_what_a_family_has_not_is_left_out(self):
        asked = ["critic", "manifold", "latents", "horoscope"]
        assert record(tiny(Tiny), extras=asked).extras == {}
        assert record(gan()).extras == {}
        solid = DataSpec("points", (3,), torch.zeros(3), torch.ones(3))
        assert extras.applicable(gan(data=solid)) == ["critic"]
        assert extras.applicable(gan()) == ["critic", "manifold", "latents"]

    def test_names_at_the_process_line(self):
        arrays = record(gan(), extras=["critic", "latents"]).arrays
        assert arrays.keys() == {"t", "x", "extra:critic", "extra:latents"}
        assert all(array.dtype == np.float32 for array in arrays.values())


def test_extras_are_kept_and_scrubbed_as_they_were_live(tmp_path):
    config = {"critic": {"width": 8, "depth": 1}, "generator": {"width": 8, "depth": 1}}
    folder = new_run(tmp_path, spec("gan", config, steps=20))
    sink = MemorySink(watching=True)
    job = new_job(folder, sink)
    job.watch(m.Watch(job="job", on=True, extras=["critic"], particles=9))
    for _ in drive(job, 20):
        pass
    live, _ = sink.records[-1]
    assert set(live.arrays) == {"t", "x", "extra:critic"}
    assert live.arrays["extra:critic"].shape[1] == 9
    step = folder.flow.steps()[-1]
    kept = read_record(str(folder.path), step)
    assert kept.extras["critic"].shape == kept.x.shape[:2]
    assert kept.extras["manifold"].shape == (32, 32, 2)
    assert kept.extras["latents"].shape == (kept.x.shape[1], 2)


class TestStore:
    def keep(self, store, **options):
        store.keep(
            FlowRecord.from_arrays(
                3, np.float32([0, 1]), np.zeros((2, 4, 2), np.float32), **options
            )
        )

    def test_extras_come_back(self, tmp_path):
        store = FlowStore(tmp_path)
        given = {"critic": np.arange(8).reshape(2, 4), "latents": np.ones((4, 2))}
        self.keep(store, extras=given)
        found = store.load(3).extras
        assert found.keys() == given.keys()
        for name, values in given.items():
            np.testing.assert_array_equal(found[name], values)

    def test_a_record_of_before_extras_is_read(self, tmp_path):
        import h5py

        store = FlowStore(tmp_path)
        self.keep(store, extras={"latents": np.ones((4, 2))})
        with h5py.File(store.path(3), "r+") as file:
            del file["extras"]
        assert store.load(3).extras == {}

    def test_an_extra_without_values_is_refused(self, tmp_path):
        with pytest.raises(ValueError, match="critic"):
            self.keep(FlowStore(tmp_path), extras={"critic": np.zeros((2, 0))})


class TestPopulation:
    @pytest.fixture(autouse=True)
    def crowd(self, monkeypatch):
        entry = TINY.__class__(**{**vars(TINY), "make": Crowd})
        monkeypatch.setitem(registry._entries["family"], "tiny", entry)

    def test_the_recorder_follows_as_many_as_there_are(self):
        made = record(tiny(Crowd), particles=4096, extras=["critic"])
        assert list(made.t) == [0.0, 1.0]
        assert made.x.shape == (2, 50, 2)
        assert made.extras["critic"].shape == (2, 50)
        assert record(tiny(Crowd), particles=20).x.shape == (2, 20, 2)

    def test_samples_are_different_particles_as_long_as_there_are_some(self):
        family = tiny(Crowd)
        some = finished(draw(family, 20, seed=0)).x
        assert len(some.unique(dim=0)) == 20
        other = finished(draw(family, 20, seed=1)).x
        assert not torch.equal(some, other)
        assert torch.equal(some, finished(draw(family, 20, seed=0)).x)
        all_of_them = finished(draw(family, 50, seed=2)).x
        ends = DATA.restore(family.start + torch.tensor([0.0, 1.0]))
        assert torch.equal(all_of_them.sort(dim=0).values, ends.sort(dim=0).values)
        assert repeats(family, 50) == ""

    def test_beyond_their_number_they_come_again_and_it_is_said(self):
        family = tiny(Crowd)
        many = finished(draw(family, 5000, seed=0)).x
        assert many.shape == (5000, 2)
        counts = many.unique(dim=0, return_counts=True)[1]
        assert len(counts) == 50
        assert 60 < counts.min() <= counts.max() < 150
        assert "50 particles" in repeats(family, 5000)
        assert "with replacement" in repeats(family, 5000)

    def test_particles_are_pushed_by_their_rows_however_many(self, monkeypatch):
        monkeypatch.setattr("pushforward.models.operators.drawing.CHUNK", 8)
        assert len(finished(draw(tiny(Crowd), 40, seed=0)).x.unique(dim=0)) == 40

    def test_quality_is_that_of_all_particles_against_as_many_points(self):
        resolved = check(spec(evaluate_samples=2000, samples=3000))
        data = resolved.load_data(None)
        told = []
        of = Evaluator(resolved.metrics, data, 2000, 0, announce=lambda *what: told.append(what))
        quality = finished(of.evaluate(tiny(Crowd)))
        assert quality.n == 50
        assert told == [(50, True)]  # and not the 2,000 that were asked for
        fewer = finished(Evaluator(resolved.metrics, data, 30, 0).evaluate(tiny(Crowd)))
        assert fewer.n == 30
        assert quality.floors != fewer.floors
        assert most(tiny(Tiny), 2000) == 2000

    def test_samples_and_exports_say_that_they_repeat(self, tmp_path):
        desk = Desk(tmp_path)
        _, folder = desk.start()
        desk.work()
        desk.reply(generate(folder, n=120, seed=1))
        desk.reply(generate(folder, n=30, seed=1))
        file = tmp_path / "out.csv"
        desk.reply(generate(folder, file, n=120, seed=1))
        desk.work()
        many, few = (folder.samples.read(path) for path in folder.samples.paths())
        assert len(many.x) == 120
        assert "with replacement" in many.attrs["note"]
        assert "note" not in few.attrs
        text = folder.log_path.read_text(encoding="utf-8")
        assert text.count("were drawn from them with replacement") == 2
        assert len(read(file, "", ["x", "y"])) == 120

    def test_a_run_of_a_population_trains_records_and_resumes(self, tmp_path):
        folder = new_run(tmp_path, spec(steps=30, particles=4096, evaluate_samples=1000))
        assert headless.run(folder.path).state == "finished"
        assert folder.flow.load(30).x.shape == (2, 50, 2)
        assert headless.run(folder.path, steps=40).step == 40


def test_the_screen_knows_of_each_extra_where_its_particles_are():
    made = {*extras._EXTRAS, *TOLD, PROJECTION, PROJECTION_TARGET}
    assert made == EXTRAS.keys()
