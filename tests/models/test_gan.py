"""The adversarial half: signs, slopes and penalties against closed forms, then the whole GAN."""

import pytest
import torch
from torch import Tensor, nn

from pushforward.models.carriers.base import Carrier
from pushforward.models.carriers.generator import Generator
from pushforward.models.carriers.starts import START_STREAM, initial_positions
from pushforward.models.config import ConfigError, decode, encode
from pushforward.models.contracts.batch import Batch
from pushforward.models.contracts.family import Frame
from pushforward.models.data.ring_of_five import RingOfFiveConfig, ring_of_five
from pushforward.models.families.gan import Gan, GanConfig
from pushforward.models.fields.adversarial import LOSSES, AdversarialLoss, motion_of
from pushforward.models.fields.base import Field
from pushforward.models.fields.critic import Critic, gradient_penalty
from pushforward.models.fields.rescaling import Rescaling
from pushforward.models.fields.rescalings import RESCALINGS
from pushforward.models.kinds.points import in_data_units
from pushforward.models.nets.mlp import MLP, MLPConfig
from pushforward.models.nets.pick import filled
from pushforward.models.registry import registry
from pushforward.models.tensors import make_generator
from pushforward.models.training.optim import OptimizerConfig, learning_rate
from pushforward.verify.points.gan_five import train_and_score

CPU = torch.device("cpu")
POINTS = ring_of_five(RingOfFiveConfig(), 2000, 0)
SPEC = POINTS.spec()
DATA = SPEC.standardise(POINTS.x)
LOGISTIC = LOSSES["logistic"]
each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
each_h = pytest.mark.parametrize("h", RESCALINGS.values(), ids=list(RESCALINGS))


def critic(loss: AdversarialLoss, lr: float = 1e-3, width: int = 32, **more: object) -> Critic:
    net = MLP(MLPConfig(width=width, depth=2), 2, 1, generator=make_generator(0))
    h = motion_of(loss.name, "non-saturated", 0.0)
    optimizer = OptimizerConfig(lr=lr)
    settings: dict = {"rescaling": h, "optimizer": optimizer, "horizon": 100, **more}
    return Critic(net, loss=loss, generator=make_generator(1), **settings)


def generator(decay: float = 0.0, latent: int = 3, **more: float) -> Generator:
    net = MLP(MLPConfig(width=16, depth=2), latent, 2, generator=make_generator(2))
    settings: dict = {"optimizer": OptimizerConfig(lr=1e-3), "horizon": 100, **more}
    spec = in_data_units(2)
    return Generator(net, spec=spec, latent=latent, device=CPU, decay=decay, **settings)


def normal(n: int, d: int = 2, seed: int = 0) -> Tensor:
    return torch.randn((n, d), generator=make_generator(seed, 7))


def build(**settings: object) -> Gan:
    small = {"generator": {"width": 16, "depth": 1}, "critic": {"width": 16, "depth": 1}}
    config = decode(GanConfig, {**small, **settings})
    return Gan(config, SPEC, horizon=100, seed=0, device=CPU)


@each_loss
def test_the_two_halves_are_a_field_and_a_carrier(loss: AdversarialLoss):
    assert isinstance(critic(loss), Field)
    assert isinstance(generator(), Carrier)


@each_loss
def test_a_critic_is_rewarded_for_being_high_on_data(loss: AdversarialLoss):
    d = torch.tensor(0.0, requires_grad=True)
    (on_data,) = torch.autograd.grad(loss.real(d), d)
    (on_particles,) = torch.autograd.grad(loss.fake(d), d)
    assert on_data < 0 < on_particles


def test_losses_stay_finite_where_logarithms_of_sigmoids_would_not():
    d = torch.tensor([-200.0, 200.0])
    for loss in LOSSES.values():
        for f in (loss.real, loss.fake):
            assert f(d).isfinite().all()


@each_h
def test_the_velocity_is_the_gradient_of_h_of_d(h: Rescaling):
    field = critic(LOGISTIC, rescaling=h)
    x = normal(9)
    y = x.clone().requires_grad_()
    (expected,) = torch.autograd.grad(h.h(field.trained.net(y)).sum(), y)
    with torch.no_grad():
        torch.testing.assert_close(field.velocity(x), expected)
    with torch.inference_mode():
        torch.testing.assert_close(field.velocity(x), expected)
    assert all(p.grad is None for p in field.trained.net.parameters()), "looking trains nothing"


@each_h
def test_following_the_field_is_a_step_on_the_generator_loss(h: Rescaling):
    field, carrier = critic(LOGISTIC, rescaling=h), generator()
    z = normal(11, 3)
    objective = -h.h(field.trained.net(carrier.trained.net(z))).mean()
    expected = torch.autograd.grad(objective, list(carrier.trained.net.parameters()))
    carrier.follow(field, z)
    for p, gradient in zip(carrier.trained.net.parameters(), expected, strict=True):
        torch.testing.assert_close(p.grad, gradient, rtol=1e-4, atol=1e-7)


@each_loss
def test_free_particles_on_a_fitted_field_come_nearer_to_the_data(loss: AdversarialLoss):
    field = critic(loss, lr=1e-2, penalty=1.0 if loss.needs_penalty else 0.0)
    real, particles = normal(256) + torch.tensor([2.0, 0.0]), normal(256, seed=1)
    for _ in range(40):
        field.fit(real, particles, None)
    v = field.velocity(particles)
    assert float(v[:, 0].mean()) > 0, "uphill is towards the data"
    assert v[:, 0].mean() > 2 * v[:, 1].mean().abs()
    assert field.value(real).mean() > field.value(particles).mean()


def test_the_logistic_critic_learns_the_log_ratio():
    """Two Gaussians a distance 1 apart: log p/q = x - 1/2, exactly."""
    field = critic(LOGISTIC, lr=3e-3)
    shift = torch.tensor([1.0, 0.0])
    for i in range(400):
        field.fit(normal(512, seed=2 * i) + shift, normal(512, seed=2 * i + 1), None)
    x = normal(400, seed=9_999) * 0.7 + 0.5 * shift
    error = (field.value(x) - (x[:, 0] - 0.5)).square().mean().sqrt()
    assert error < 0.2


class Linear(nn.Module):
    """d(x) = 3 x_1 + 4 x_2, whose slope is 5 everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[3.0], [4.0]]))

    def forward(self, x: Tensor, *told: object) -> Tensor:
        return x @ self.weight


@pytest.mark.parametrize(("centre", "expected"), [(1.0, 16.0), (5.0, 0.0), (0.0, 25.0)])
def test_the_penalty_is_the_squared_distance_of_the_slope(centre: float, expected: float):
    net = Linear()
    penalty = gradient_penalty(net, normal(7), centre)
    assert penalty.item() == pytest.approx(expected, abs=1e-4)
    (gradient,) = torch.autograd.grad(penalty, net.weight)
    # d/dw (|w| - c)^2 = 2 (|w| - c) w / |w|
    torch.testing.assert_close(
        gradient, 2 * (5 - centre) * net.weight.detach() / 5, rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("centre", [0.0, 1.0])
def test_the_penalty_of_a_flat_critic_has_a_finite_gradient(centre: float):
    net = MLP(MLPConfig(width=8), 2, 1, output_gain=0.0, generator=make_generator(0))
    gradient_penalty(net, normal(5), centre).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in net.parameters())


def test_the_penalty_sits_where_it_is_asked_to():
    real, particles = torch.zeros((500, 2)), torch.ones((500, 2))
    loss = LOSSES["ipm"]

    def places(name: str) -> Tensor:
        made = critic(loss, penalty=1.0, place=name)
        pair = Batch(real), Batch(particles)
        return made._places(*pair, made._draw_between(*pair)).x

    assert torch.equal(places("data"), real)
    assert torch.equal(places("particles"), particles)
    between = places("between")
    assert torch.equal(between[:, 0], between[:, 1]), "on the line that joins a pair"
    assert 0.0 <= float(between.min()) < 0.05
    assert 0.95 < float(between.max()) <= 1.0
    assert float(between.mean()) == pytest.approx(0.5, abs=0.05)


def test_uneven_batches_work_unless_the_penalty_needs_pairs():
    field = critic(LOGISTIC)
    assert field.fit(normal(5), normal(8), None)["loss"].isfinite()
    paired = critic(LOSSES["ipm"], penalty=1.0)
    with pytest.raises(ValueError, match="as many of either, got 5 and 8"):
        paired.fit(normal(5), normal(8), None)


def test_long_sets_are_evaluated_in_parts():
    field, x = critic(LOSSES["hinge"], width=8), normal(40_000)
    torch.testing.assert_close(field.value(x)[-5:], field.value(x[-5:]))
    torch.testing.assert_close(field.velocity(x)[-5:], field.velocity(x[-5:]))


def test_a_wasserstein_critic_has_a_penalty_or_is_refused():
    assert build(loss="ipm", penalty=3.0).field.penalty == 3.0
    assert build(penalty=0.0).field.penalty == 0.0
    with pytest.raises(ConfigError, match="greater than 0 for the Wasserstein") as caught:
        build(loss="ipm", penalty=0.0)
    assert caught.value.path == "penalty"


def test_the_generator_moves_once_in_so_many_critic_steps():
    family = build(critic_steps=3)
    moved = []
    for i in range(7):
        before = family.state()
        metrics = family.step(DATA[i * 32 : i * 32 + 32])
        after = family.state()
        name = "carrier/net/layers.0.weight"
        moved.append(not torch.equal(before.tensors[name], after.tensors[name]))
        assert ("speed" in metrics) == moved[-1]
        assert not torch.equal(
            before.tensors["field/net/layers.0.weight"], after.tensors["field/net/layers.0.weight"]
        )
    assert moved == [False, False, True, False, False, True, False]


def test_the_rate_of_the_generator_goes_by_the_steps_of_the_training():
    """A cosine reaches its end with the training, however often the generator moves."""
    adam = {"lr": 1e-3, "schedule": "cosine"}
    rates = {}
    for k in (1, 4):
        family = build(critic_steps=k, generator_optimizer=adam)
        for i in range(60):
            family.step(DATA[i * 16 : i * 16 + 16])
        rates[k] = family.carrier.trained.optimizer.lr()
    assert rates[1] == rates[4] == learning_rate(OptimizerConfig(**adam), 59, 100)


def test_several_steps_bring_the_generator_to_where_the_particles_should_be():
    carrier = generator(steps=400, speed=0.3, optimizer=OptimizerConfig(lr=1e-2))
    z, wind = carrier.latents(32, make_generator(0)), torch.tensor([1.0, -0.5])
    goal = carrier.particles(z).x + 0.3 * wind
    metrics = carrier.move(z, wind.expand(32, 2))
    assert metrics["speed"].item() == pytest.approx(1.25**0.5)
    torch.testing.assert_close(carrier.particles(z).x, goal, rtol=0, atol=0.05)


def test_the_first_of_several_steps_has_the_direction_of_a_single_one():
    gradients = []
    for steps, speed in ((1, 1.0), (2, 0.25)):
        carrier = generator(steps=steps, speed=speed)
        z, kept = carrier.latents(8, make_generator(0)), []
        take = carrier.trained.optimizer.step

        def look(carrier=carrier, kept=kept, take=take):
            kept.append([p.grad.clone() for p in carrier.trained.net.parameters()])
            return take()

        carrier.trained.optimizer.step = look
        carrier.move(z, normal(8))
        gradients.append([g / speed for g in kept[0]])
    for one, several in zip(*gradients, strict=True):
        torch.testing.assert_close(one, several, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("latent", [1, 2, 5])
def test_the_first_numbers_of_a_latent_are_where_a_free_particle_starts(latent: int):
    z = generator(latent=latent).latents(64, make_generator(0, START_STREAM)).x
    assert z.shape == (64, latent)
    if latent >= 2:
        assert torch.equal(z[:, :2], initial_positions("gaussian", 64, (2,), 0))
    assert z.std(dim=0).min() > 0.7


@pytest.mark.parametrize("loss", ["hinge", "ipm"])
def test_a_critic_that_is_no_log_ratio_is_climbed_as_it_is(loss: str):
    family = build(loss=loss, rescaling="exp-1.5", shift=2.0, penalty=1.0)
    assert family.field.rescaling.name == "logit"
    assert family.warnings() == []


def test_an_h_that_leads_away_is_allowed_and_flagged():
    assert build(rescaling="vanilla", shift=5.0).warnings() == []
    (warning,) = build(rescaling="plugged-forward-kl").warnings()
    assert "is not monotone" in warning
    assert "away from the data" in warning


def test_a_rescaling_changed_in_a_run_is_the_one_that_moves():
    family = build()
    family.step(DATA[:32])
    x = normal(6)
    before = family.layer("rescaling", x, 1.0)
    family.reconfigure(decode(GanConfig, {**encode(family.config), "rescaling": "logit"}))
    assert not torch.equal(before, torch.ones(6))
    assert torch.equal(family.layer("rescaling", x, 1.0), torch.ones(6))
    with pytest.raises(ConfigError, match="middle of a training") as caught:
        family.reconfigure(decode(GanConfig, {**encode(family.config), "latent": 3}))
    assert caught.value.path == "latent"


def test_the_stages_are_the_step():
    """Slow motion shows the step that trains, and sees where the particles went."""
    slow, fast = build(), build()
    scenes, walk = [], slow.walk(DATA[:32])
    while True:
        try:
            scenes.append(next(walk))
        except StopIteration as end:
            metrics = end.value
            break
    assert [name for name, _ in scenes] == [stage.name for stage in Gan.stages]
    assert metrics.keys() == fast.step(DATA[:32]).keys()
    last = scenes[-1][1]
    z = make_generator(0, 2)
    latents = slow.carrier.latents(32, z)
    assert torch.equal(last["moved"], slow.carrier.particles(latents).x)
    assert torch.equal(last["velocity"], slow.field.velocity(last["particles"]))
    a, b = slow.state().tensors, fast.state().tensors
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_the_legend_says_log_ratio_only_where_it_is_one():
    assert [v.symbol for v in build().layers] == ["log p/q", "h′(d)", "h′(d) ∇d"]
    assert build(loss="hinge").layers[0].symbol == "d"
    assert build(loss="ipm").layers[0].symbol == "d"
    assert Gan.layers[0].symbol == "log p/q", "an instance does not change the class"


def test_samples_come_from_the_averaged_generator_in_one_frame():
    family = build(ema=0.9)
    for i in range(20):
        family.step(DATA[i * 32 : i * 32 + 32])
    z = family.prior(50, make_generator(0))
    (frame,) = family.flow(z)
    assert isinstance(frame, Frame)
    assert (frame.t, frame.nfe) == (1.0, 1)
    assert torch.equal(frame.x, family.carrier.trained.averaged(z.x))
    assert not torch.equal(frame.x, family.carrier.particles(z).x)


@pytest.mark.parametrize("settings", [{}, {"loss": "hinge"}, {"loss": "ipm"}])
def test_a_gan_learns_the_structure_of_five_gaussians(settings: dict):
    quick = {
        "generator": {"width": 64, "depth": 2},
        "critic": {"width": 64, "depth": 2},
        "generator_optimizer": {"lr": 2e-3, "schedule": "constant"},
        "critic_optimizer": {"lr": 2e-3, "schedule": "constant"},
        **settings,
    }
    score = train_and_score(0, 500, decode(GanConfig, quick))
    # Untrained 1.14, one missing mode .56, the best single Gaussian .48.
    assert score.sw1 < 0.30
    assert score.lightest > 0.12


def test_images_written_down_before_have_the_gan_of_then_and_new_ones_that_of_today():
    entry = registry.get("family", "gan")
    plain = {"slug": "dcgan", "config": {"width": 32}}
    then = {**encode(GanConfig(loss="logistic", penalty=1.0)), "generator": plain}
    read = decode(entry.config, filled(entry, entry.upgrade(then, "images"), "images"))
    assert read.loss == "logistic"
    assert read.generator.config == {"width": 32, "modulated": False}
    assert read.critic_optimizer.beta1 == 0.5
    assert entry.upgrade(then, "points") == then
    new = decode(entry.config, filled(entry, entry.upgrade({"latent": 3}, "images"), "images"))
    assert (new.loss, new.centre, new.latent) == ("ipm", 1.0, 3)
    assert new.generator.config["modulated"]
