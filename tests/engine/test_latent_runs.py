"""Two runs as one model: a VAE, and a diffusion of its latents that outlives it."""

import shutil

import pytest
import torch

from pushforward.models.contracts.family import Family
from pushforward.models.tensors import make_generator
from pushforward.studio.engine.jobs import headless
from pushforward.studio.engine.process.failures import Refused
from pushforward.studio.engine.run.model_loading import load
from pushforward.studio.protocol.spec import Pick, RunRef, RunSpec
from tests.engine.fakes import losses
from tests.engine.test_inputs import QUICK, stopped

CONFIG = {"latent": 3}


def spec(family="vae", run="", **config):
    return RunSpec(
        name=family,
        family=Pick(slug=family, config={**CONFIG, **config}),
        dataset=Pick(slug="eight-gaussians"),
        training=QUICK,
        metrics=[Pick(slug="sliced-w2")],
        inputs={"autoencoder": RunRef(run=run)} if run else {},
    )


@pytest.fixture
def project(tmp_path):
    assert headless.run(spec(), project=tmp_path / "project").state == "finished"
    return tmp_path / "project"


def test_it_goes_on_bit_for_bit_and_samples_when_its_autoencoder_has_gone(project):
    wanted = spec("latent-diffusion", "0001-vae")
    straight = headless.create(wanted, project)
    headless.run(straight.path)
    broken = stopped(wanted, project)
    shutil.rmtree(project / "runs" / "0001-vae")
    headless.run(broken.path)
    assert losses(broken) == losses(straight)
    shutil.rmtree(broken.path / "inputs")
    alone, whole = (load(run).family for run in (broken, straight))
    assert isinstance(alone, Family)
    assert isinstance(whole, Family)
    samples = [list(each.flow(each.prior(5, make_generator(1))))[-1].x for each in (alone, whole)]
    assert torch.equal(*samples)
    assert samples[0].shape == (5, 2)


def test_what_cannot_be_its_autoencoder_is_told(project):
    status = headless.run(spec("latent-diffusion", "0001-vae", latent=2), project=project)
    assert status.error is not None
    assert "another latent size" in status.error.message
    headless.run(
        RunSpec(
            name="flow",
            family=Pick(slug="flow-matching"),
            dataset=Pick(slug="eight-gaussians"),
            training={**QUICK, "steps": 1},
            metrics=[Pick(slug="sliced-w2")],
        ),
        project=project,
    )
    run = sorted(each.name for each in (project / "runs").iterdir() if "flow" in each.name)[-1]
    with pytest.raises(Refused, match="makes a few numbers of each datum") as caught:
        headless.create(spec("latent-diffusion", run), project)
    assert caught.value.info.path == "inputs.autoencoder"
