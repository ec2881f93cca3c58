"""FID: the network of others, with weights that a person has, and what is said without either."""

import hashlib
import io
import sys
from types import ModuleType

import pytest
import torch
from torch import nn

from pushforward.models.config import ConfigError, decode
from pushforward.models.kinds.images import ImageSet
from pushforward.models.metrics.base import Evidence, NotApplicable
from pushforward.models.metrics.images import inception as module
from pushforward.models.metrics.images.fid import InceptionFid, InceptionFidConfig
from pushforward.models.metrics.samples.frechet import frechet_distance
from pushforward.models.tensors import make_generator


class Extractor(nn.Module):
    """What the package's extractor is to us: bytes in, a tuple of features out."""

    def __init__(self, name: str, features: list[str], feature_extractor_weights_path) -> None:
        super().__init__()
        assert features == ["2048"]
        # As the package does; it must never see the file of the person.
        assert isinstance(feature_extractor_weights_path, io.BytesIO)
        self.fc = nn.Linear(48, 6)
        self.load_state_dict(torch.load(feature_extractor_weights_path, weights_only=False))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor]:
        assert x.dtype == torch.uint8
        assert x.shape[1] == 3
        return (self.fc(x.float().flatten(1)),)


def images(n: int, seed: int, channels: int = 3) -> ImageSet:
    return ImageSet(torch.rand((n, channels, 4, 4), generator=make_generator(seed)))


def evidence(channels: int = 3, made: int = 40) -> Evidence:
    some = images(made, 1, channels).rows(slice(None))
    return Evidence(images(40, 0, channels), make_generator(0), made=some, other=images(40, 2))


@pytest.fixture
def package(monkeypatch) -> None:
    """A package that is installed, as far as we use it."""
    top, found = (ModuleType(f"torch_fidelity{end}") for end in ("", ".it"))
    found.FeatureExtractorInceptionV3 = Extractor
    monkeypatch.setitem(sys.modules, "torch_fidelity", top)
    monkeypatch.setitem(sys.modules, "torch_fidelity.feature_extractor_inceptionv3", found)
    module._load.cache_clear()


def given(tmp_path, monkeypatch, data: bytes | None = None) -> InceptionFid:
    """The metric with a file of weights that counts as Inception's."""
    path = tmp_path / module.FILE
    if data is None:
        weight = torch.randn((6, 48), generator=make_generator(3))
        torch.save({"fc.weight": weight, "fc.bias": torch.ones(6)}, path)
        data = path.read_bytes()
    path.write_bytes(data)
    monkeypatch.setattr(module, "_SHA256", hashlib.sha256(data).hexdigest()[:8])
    return InceptionFid(decode(InceptionFidConfig, {"weights": str(path)}))


def test_it_is_the_distance_in_the_features_of_whole_bytes(package, tmp_path, monkeypatch):
    metric, seen = given(tmp_path, monkeypatch), evidence()
    figure = metric.measure(seen)
    weight = torch.load(tmp_path / module.FILE)["fc.weight"].T
    sides = [(255 * x).round().flatten(1) @ weight for x in (seen.samples.x, seen.reference.x)]
    assert figure.value == pytest.approx(frechet_distance(*sides), rel=1e-5)
    assert figure.n == 40
    assert metric.bar(seen).value == pytest.approx(
        frechet_distance((255 * images(40, 2).x).round().flatten(1) @ weight, sides[1]), rel=1e-5
    )


def test_grey_images_are_red_green_and_blue_alike(package, tmp_path, monkeypatch):
    metric, grey = given(tmp_path, monkeypatch), evidence(channels=1)
    thrice = Evidence(
        ImageSet(grey.real.x.expand(-1, 3, -1, -1)),
        make_generator(0),
        made=grey.samples.holding(grey.samples.x.expand(-1, 3, -1, -1)),
    )
    assert metric.measure(grey).value == pytest.approx(metric.measure(thrice).value)
    with pytest.raises(NotApplicable, match="grey images, or red, green and blue"):
        metric.measure(evidence(channels=2))


def test_without_weights_it_says_which_file_is_needed(tmp_path, monkeypatch, package):
    monkeypatch.delenv(module.VARIABLE, raising=False)
    with pytest.raises(NotApplicable, match=f"be the path of the file {module.FILE}"):
        InceptionFid(InceptionFidConfig()).measure(evidence())
    asked = given(tmp_path, monkeypatch)
    monkeypatch.setenv(module.VARIABLE, asked.config.weights)
    assert InceptionFid(InceptionFidConfig()).measure(evidence()) == asked.measure(evidence())
    with pytest.raises(ConfigError, match=r"must be a file that ends in \.pth"):
        decode(InceptionFidConfig, {"weights": "/somewhere/weights.bin"})


def test_other_weights_make_no_fid(package, tmp_path):
    path = tmp_path / "mine.pth"
    torch.save({"fc.weight": torch.ones(6, 48)}, path)
    metric = InceptionFid(decode(InceptionFidConfig, {"weights": str(path)}))
    with pytest.raises(NotApplicable, match=r"mine\.pth does not hold Inception's weights"):
        metric.measure(evidence())
    path.unlink()
    with pytest.raises(NotApplicable, match=r"cannot be read: mine\.pth: no such file"):
        metric.measure(evidence())


def test_without_the_package_it_says_how_to_have_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch_fidelity", None)
    module._load.cache_clear()
    with pytest.raises(NotApplicable, match=r'pip install "pushforward\[fid\]"'):
        given(tmp_path, monkeypatch).measure(evidence())


class _Code:
    def __reduce__(self):
        return exec, ("import sys; sys.harmed = True",)


def test_a_file_with_code_in_it_is_not_executed(package, tmp_path, monkeypatch):
    """Nor would one be whose digest begins as that of the weights does."""
    hostile = io.BytesIO()
    weight = torch.ones(6, 48)
    torch.save({"fc.weight": weight, "fc.bias": torch.ones(6), "more": _Code()}, hostile)
    figure = given(tmp_path, monkeypatch, hostile.getvalue()).measure(evidence())
    assert figure.value > 0.0
    assert not hasattr(sys, "harmed")
    with pytest.raises(NotApplicable, match="this is no file of weights"):
        given(tmp_path, monkeypatch, b"PK").measure(evidence())


def test_it_is_what_the_package_says_itself(tmp_path, monkeypatch):
    """With the real network, and weights that are nobody's."""
    fidelity = pytest.importorskip("torch_fidelity")
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    module._load.cache_clear()
    monkeypatch.setattr(torch.nn.Module, "load_state_dict", lambda *a, **k: None)
    blank = io.BytesIO()
    torch.save({}, blank)
    blank.seek(0)
    net = FeatureExtractorInceptionV3("x", ["2048"], feature_extractor_weights_path=blank)
    monkeypatch.undo()
    state, path = net.state_dict(), tmp_path / module.FILE
    torch.save(state, path)
    monkeypatch.setattr(module, "_SHA256", hashlib.sha256(path.read_bytes()).hexdigest()[:8])
    real, made = images(6, 0), images(6, 1)

    class Bytes(torch.utils.data.Dataset):
        def __init__(self, x):
            self.x = (255 * x).round().to(torch.uint8)

        def __len__(self):
            return len(self.x)

        def __getitem__(self, i):
            return self.x[i]

    said = fidelity.calculate_metrics(
        input1=Bytes(made.x), input2=Bytes(real.x), cuda=False, fid=True, verbose=False,
        feature_extractor_weights_path=str(path), save_cpu_ram=True, cache=False,
    )  # fmt: skip
    seen = Evidence(real, make_generator(0), made=made.rows(slice(None)))
    metric = InceptionFid(decode(InceptionFidConfig, {"weights": str(path)}))
    found = metric.measure(seen).value
    assert found == pytest.approx(said["frechet_inception_distance"], rel=1e-3)
    module._load.cache_clear()
