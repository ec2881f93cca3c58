"""The registry: slugs are unique and stable, and a broken file stops nobody."""

import sys
import types
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from pushforward.models import registry as module
from pushforward.models.config import NoConfig, decode, encode
from pushforward.models.entries import Entry
from pushforward.models.nets import offered
from pushforward.models.nets.offered import kinds_of, why_not
from pushforward.models.nets.pick import filled
from pushforward.models.registry import Problem, Registry, discover, kind, metric, registry


def entry(slug: str, make: object = object()) -> Entry:
    return Entry(
        kind="metric",
        slug=slug,
        title=slug,
        summary="",
        source="",
        make=make,
        config=NoConfig,
    )


def test_entries_are_found_by_kind_and_slug_in_order():
    found = Registry()
    second, first = entry("b-2"), entry("a-1")
    found.add(second)
    found.add(first)
    assert found.get("metric", "a-1") is first
    assert found.all("metric") == [first, second]
    assert found.all("family") == []


def test_an_unknown_slug_names_those_there_are():
    found = Registry()
    with pytest.raises(KeyError, match="known: none"):
        found.get("family", "edm")
    found.add(entry("mmd"))
    with pytest.raises(KeyError, match=r"no metric is called 'mdm'; did you mean mmd\? known: mmd"):
        found.get("metric", "mdm")
    with pytest.raises(KeyError, match="no family"):
        found.get("family", "mmd")


@pytest.mark.parametrize("slug", ["", "two words", "-a", "a-", "a--b", "a_b", "é"])
def test_a_malformed_slug_is_refused(slug: str):
    with pytest.raises(ValueError, match="slug"):
        Registry().add(entry(slug))


@pytest.fixture
def unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it."""
    discover()
    monkeypatch.setattr(
        registry, "_entries", {kind: dict(mine) for kind, mine in registry._entries.items()}
    )


@pytest.mark.usefixtures("unchanged")
def test_a_kind_of_data_has_defaults_of_its_own():
    kind(
        "test-wide",
        title="T",
        one="t",
        many="ts",
        summary="S",
        gives=("continuous",),
        networks={"denoiser": "mlp"},
        metrics=(),
        families={"mmd-flow": {"speed": 5.0, "reach": 10.0}},
    )(object())
    flow = registry.get("family", "mmd-flow")
    assert filled(flow, {"speed": 2.0}, "test-wide") == {"speed": 2.0, "reach": 10.0}
    assert filled(flow, {"speed": 2.0}, "points") == {"speed": 2.0}
    assert filled(flow, {"speed": 2.0}, "no-such-kind") == {"speed": 2.0}
    assert filled(registry.get("family", "edm"), {}, "test-wide") == {}


def test_defaults_for_a_kind_of_data_are_settings_and_differ():
    discover()
    for data in registry.all("kind"):
        for slug, defaults in data.families.items():
            each = registry.get("family", slug)
            usual = encode(each.config())
            assert data.slug in kinds_of(each)
            found = encode(decode(each.config, defaults))
            assert {name for name in usual if found[name] != usual[name]} == set(defaults)


def test_a_slug_belongs_to_one_thing():
    found = Registry()
    one = entry("a")
    found.add(one)
    found.add(entry("a", make=one.make))
    with pytest.raises(ValueError, match="registered twice"):
        found.add(entry("a", make=object()))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of three modules: one good, one that raises, one that is not Python."""
    folder = tmp_path / "thirdparty_metrics"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "broken.py").write_text("1 / 0")
    (folder / "garbled.py").write_text("def (:")
    (folder / "works.py").write_text(
        "from pushforward.models import registry\n"
        "@registry.metric('test-works', title='T', summary='S', source='here', kinds=())\n"
        "def make(config):\n    return None\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(module, "registry", Registry())
    yield folder
    for name in [n for n in sys.modules if n.startswith("thirdparty_metrics")]:
        del sys.modules[name]


@pytest.mark.usefixtures("package")
def test_a_broken_module_is_reported_and_the_others_load():
    problems = discover(["thirdparty_metrics"])
    assert module.registry.get("metric", "test-works").title == "T"
    told = {p.module: p for p in problems}
    assert told.keys() == {"thirdparty_metrics.broken", "thirdparty_metrics.garbled"}
    broken = told["thirdparty_metrics.broken"]
    assert broken.message == "ZeroDivisionError: division by zero"
    assert "1 / 0" in broken.details
    assert told["thirdparty_metrics.garbled"].message.startswith("SyntaxError")


def test_a_missing_package_is_reported():
    (problem,) = discover(["no_such_package_anywhere"])
    assert problem.module == "no_such_package_anywhere"
    assert "ModuleNotFoundError" in problem.message


@pytest.mark.usefixtures("package")
def test_plugins_of_third_parties_are_loaded(monkeypatch: pytest.MonkeyPatch):
    points = [
        EntryPoint("good", "thirdparty_metrics.works", "pushforward.plugins"),
        EntryPoint("bad", "thirdparty_metrics.broken", "pushforward.plugins"),
    ]
    monkeypatch.setattr(module, "entry_points", lambda group: points)
    problems = discover([])
    assert [p.module for p in problems] == ["thirdparty_metrics.broken"]
    assert module.registry.get("metric", "test-works").slug == "test-works"


def test_everything_of_our_own_loads():
    assert discover() == []
    kinds = ("kind", "family", "dataset", "network", "sampler", "metric")
    assert all(registry.all(kind) for kind in kinds)
    assert {e.slug for e in registry.all("dataset")} >= {
        "eight-gaussians",
        "ring-of-five",
        "two-moons",
        "swiss-roll",
        "checkerboard",
        "pinwheel",
        "spirals",
        "word",
    }


def test_discovering_twice_changes_nothing():
    discover()
    before = registry.all("family")
    discover()
    assert registry.all("family") == before
    assert isinstance(sys.modules["pushforward.models.families"], types.ModuleType)


@pytest.mark.usefixtures("unchanged")
def test_a_metric_that_does_not_say_is_a_plain_number_and_better_where_it_is_lower() -> None:
    said: dict = {"title": "T", "summary": "S", "source": "here", "kinds": ("points",)}
    metric("plain", **said)(object())
    metric("told", better="higher", unit="nats", **said)(object())
    plain, told = (registry.get("metric", slug) for slug in ("plain", "told"))
    assert (plain.better, plain.unit) == ("lower", "")
    assert (told.better, told.unit) == ("higher", "nats")


def test_a_network_that_could_not_be_loaded_is_said_where_it_is_missed(monkeypatch):
    failed = Problem("pushforward.models.nets.mine", "ImportError: there is no triton", "")
    monkeypatch.setattr(offered, "discovered", lambda: (failed,))
    assert why_not("mlp", "critic", "points") == ""
    said = why_not("mine", "critic", "points")
    assert "no network is called 'mine'" in said
    assert said.endswith("; pushforward.models.nets.mine failed: ImportError: there is no triton")
