"""Configs: one struct says everything, and a wrong setting says what is wrong."""

from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushforward.models.config import (
    Config,
    ConfigError,
    DataChoice,
    File,
    Pick,
    RunRef,
    decode,
    describe,
    encode,
    param,
    replace_at,
)


class Net(Config, frozen=True):
    width: Annotated[int, param("Width", "Units.", low=1, high=512, log=True, unit="units")] = 64
    act: Annotated[
        Literal["silu", "relu"],
        param(
            "Activation",
            "Bend.",
            choices={"silu": "SiLU"},
            advanced=True,
        ),
    ] = "silu"


class Outer(Config, frozen=True):
    rate: Annotated[float, param("Rate", "Speed.", above=0.0, below=1.0)] = 0.1
    on: bool = True
    name: str = "a"
    cap: Annotated[float | None, param("Cap", "Limit.", low=0.0)] = None
    net: Annotated[Net, param("Network", "Size.")] = Net(width=32)
    slope: Annotated[float, param("Slope", "Lean.", low=0.0, depends=("on", (True,)))] = 1.0


def row(path: str) -> dict:
    return next(r for r in describe(Outer) if r["path"] == path)


def test_describing_flattens_in_order_and_keeps_nested_defaults():
    paths = [r["path"] for r in describe(Outer)]
    assert paths == ["rate", "on", "name", "cap", "net.width", "net.act", "slope"]
    assert row("net.width")["default"] == 32, "the outer config's default, not the class's own"
    assert row("net.width")["group"] == "Network"
    assert row("rate")["group"] == ""


def test_describing_tells_a_form_all_it_needs():
    width = row("net.width")
    assert (width["kind"], width["low"], width["high"]) == ("int", 1, 512)
    assert (width["log"], width["unit"], width["help"]) == (True, "units", "Units.")
    assert row("rate")["above"] == 0.0
    assert row("rate")["below"] == 1.0
    assert row("on")["kind"] == "bool"
    assert row("on")["title"] == "On"
    assert row("name")["kind"] == "text"
    assert row("cap")["optional"]
    assert not row("rate")["optional"]
    assert row("net.act")["advanced"]
    assert row("net.act")["choices"] == [
        {"value": "silu", "title": "SiLU"},
        {"value": "relu", "title": "relu"},
    ]


def test_dependencies_are_given_by_full_path():
    class Wrap(Config, frozen=True):
        inner: Outer = Outer()

    found = {r["path"]: r["depends"] for r in describe(Wrap)}
    assert found["inner.slope"] == {"path": "inner.on", "values": [True]}
    assert found["inner.rate"] is None


def test_missing_settings_take_their_defaults():
    assert decode(Outer, {}) == Outer()
    half = decode(Outer, {"net": {"act": "relu"}})
    assert half.net == Net(width=32, act="relu"), "the outer default stays where nothing is said"


@given(
    rate=st.floats(1e-6, 0.999),
    on=st.booleans(),
    name=st.text(),
    cap=st.none() | st.floats(0.0, 1e9),
    width=st.integers(1, 512),
    act=st.sampled_from(["silu", "relu"]),
)
def test_encoding_and_decoding_are_inverse(rate, on, name, cap, width, act):
    config = Outer(rate=rate, on=on, name=name, cap=cap, net=Net(width=width, act=act))
    assert decode(Outer, encode(config)) == config


@pytest.mark.parametrize(
    ("data", "path", "said"),
    [
        ({"rte": 0.1}, "rte", "did you mean rate"),
        ({"zzz": 1}, "zzz", "known: rate, on, name, cap, net, slope"),
        ({"net": {"widht": 3}}, "net.widht", "did you mean width"),
        ({"rate": 0.0}, "rate", "must be greater than 0, got 0"),
        ({"rate": 1.0}, "rate", "must be less than 1, got 1"),
        ({"net": {"width": 0}}, "net.width", "must be at least 1, got 0"),
        ({"net": {"width": 513}}, "net.width", "must be at most 512, got 513"),
        ({"net": {"width": 10**8}}, "net.width", "must be at most 512, got 100,000,000"),
        ({"rate": float("nan")}, "rate", "must be finite, got nan"),
        ({"rate": float("inf")}, "rate", "must be finite, got inf"),
        ({"rate": "fast"}, "rate", "must be a number, got 'fast'"),
        ({"rate": True}, "rate", "must be a number, got True"),
        ({"net": {"width": 2.5}}, "net.width", "must be a whole number, got 2.5"),
        ({"on": "maybe"}, "on", "must be true or false"),
        ({"name": 3}, "name", "must be text, got 3"),
        ({"rate": None}, "rate", "must be a number, got None"),
        ({"net": {"act": "rellu"}}, "net.act", "one of silu, relu, got 'rellu'; did you mean"),
        ({"cap": -1.0}, "cap", "must be at least 0, got -1"),
    ],
)
def test_a_wrong_setting_says_where_and_why(data, path, said):
    with pytest.raises(ConfigError) as caught:
        decode(Outer, data)
    assert caught.value.path == path
    assert said in caught.value.message
    assert str(caught.value) == f"{path}: {caught.value.message}"


def test_whole_numbers_may_come_as_floats():
    width = decode(Outer, {"net": {"width": 3.0}}).net.width
    assert width == 3
    assert isinstance(width, int)


def test_none_is_kept_where_it_is_allowed():
    assert decode(Outer, {"cap": None}).cap is None
    assert decode(Outer, {"cap": 2}).cap == 2.0


def test_a_field_without_a_default_is_a_mistake_of_the_author():
    class Bare(Config, frozen=True):
        size: int

    with pytest.raises(TypeError, match=r"Bare\.size has no default"):
        describe(Bare)


def test_a_field_of_a_strange_type_is_a_mistake_of_the_author():
    class Strange(Config, frozen=True):
        sizes: frozenset[int] = frozenset()

    class Either(Config, frozen=True):
        size: int | str = 1

    with pytest.raises(TypeError, match="cannot be"):
        describe(Strange)
    with pytest.raises(TypeError, match="one type"):
        describe(Either)


def test_configs_cannot_be_changed():
    with pytest.raises(AttributeError):
        Outer().rate = 0.5


def test_replacing_at_a_path_copies():
    data = {"a": 1, "net": {"width": 2, "act": "relu"}}
    new = replace_at(data, "net.width", 9)
    assert new == {"a": 1, "net": {"width": 9, "act": "relu"}}
    assert data["net"]["width"] == 2
    assert replace_at({}, "x.y", 1) == {"x": {"y": 1}}


class Part(Config, frozen=True):
    std: Annotated[float, param("Spread", "How wide.", above=0.0)] = 0.5
    inner: int | None = None


class Kinds(Config, frozen=True):
    """Each kind of field that is more than a number, a text or an option."""

    sizes: Annotated[tuple[int, ...], param("Sizes", "One each.", low=1, fewest=1)] = (1, 2)
    names: tuple[str, ...] = ()
    weights: Annotated[File, param("Weights", "To start from.", suffixes=(".pt", ".npz"))] = File(
        ""
    )
    teacher: Annotated[RunRef, param("Teacher", "To learn from.", role="denoiser")] = RunRef()
    wanted: Annotated[DataChoice | None, param("Class", "What to make.", of="class")] = None
    noise: Annotated[Part | None, param("Noise", "Added to all.")] = None
    blur: Annotated[Part | None, param("Blur", "Of all.")] = Part(std=2.0)


FULL = {
    "sizes": [4, 8],
    "names": ["a, b"],
    "weights": "/data/net.PT",
    "teacher": {"run": "0001-edm", "step": 50},
    "wanted": "3",
    "noise": {"std": 0.25, "inner": None},
    "blur": None,
}


def test_every_kind_of_field_comes_back_from_plain_data():
    assert encode(decode(Kinds, FULL)) == FULL
    assert encode(decode(Kinds, {})) == {
        "sizes": [1, 2],
        "names": [],
        "weights": "",
        "teacher": {"run": "", "step": None},
        "wanted": None,
        "noise": None,
        "blur": {"std": 2.0, "inner": None},
    }


def test_every_kind_of_field_describes_itself():
    rows = {row["path"]: row for row in describe(Kinds)}
    assert {path: row["kind"] for path, row in rows.items()} == {
        "sizes": "list",
        "names": "list",
        "weights": "file",
        "teacher": "run",
        "wanted": "data-choice",
        "noise": "part",
        "noise.std": "float",
        "noise.inner": "int",
        "blur": "part",
        "blur.std": "float",
        "blur.inner": "int",
    }
    assert (rows["sizes"]["items"], rows["sizes"]["fewest"], rows["sizes"]["low"]) == ("int", 1, 1)
    assert rows["sizes"]["default"] == [1, 2]
    assert rows["weights"]["suffixes"] == [".pt", ".npz"]
    assert (rows["teacher"]["role"], rows["wanted"]["of"]) == ("denoiser", "class")
    assert rows["teacher"]["default"] == {"run": "", "step": None}
    assert (rows["noise"]["default"], rows["blur"]["default"]) == (None, {})
    # Of a part that is left out, what it has where it is put in.
    assert (rows["noise.std"]["default"], rows["blur.std"]["default"]) == (0.5, 2.0)
    assert (rows["noise.std"]["inside"], rows["noise"]["inside"]) == ("noise", "")


@pytest.mark.parametrize(
    ("data", "path", "said"),
    [
        ({"sizes": 3}, "sizes", "must be a list, got 3"),
        ({"sizes": [1, 0]}, "sizes", "value 2 must be at least 1, got 0"),
        ({"sizes": [1.5]}, "sizes", "value 1 must be a whole number"),
        ({"sizes": []}, "sizes", "must have at least one value, got 0"),
        ({"weights": "net.pt"}, "weights", "must be the whole path of a file"),
        ({"weights": "/data/net.csv"}, "weights", r"must be a file that ends in \.pt or \.npz"),
        ({"weights": 3}, "weights", "must be the path of a file"),
        ({"teacher": True}, "teacher", "must be the name of a run"),
        ({"teacher": {"run": "a", "step": -1}}, "teacher", "from 0 on"),
        ({"wanted": 3}, "wanted", "must be a name"),
        ({"noise": 3}, "noise", "must be a table of settings, or none"),
        ({"noise": {"std": 0}}, "noise.std", "must be greater than 0"),
        ({"noise": {"sdt": 1}}, "noise.sdt", "did you mean std"),
    ],
)
def test_every_kind_of_field_says_what_is_wrong_with_it(data, path, said):
    with pytest.raises(ConfigError, match=said) as error:
        decode(Kinds, data)
    assert error.value.path == path


def test_a_part_is_put_in_by_a_setting_of_it_or_by_true():
    assert decode(Kinds, {"noise": {"std": 0.1}}).noise == Part(std=0.1)
    assert decode(Kinds, {"noise": {}}).noise == decode(Kinds, {"noise": True}).noise == Part()
    assert decode(Kinds, {"blur": True}).blur == Part(std=2.0)
    assert decode(Kinds, {"blur": False}).blur is None


def test_a_run_may_be_named_alone():
    assert decode(Kinds, {"teacher": "0001-edm"}).teacher == RunRef(run="0001-edm")
    assert decode(Kinds, {"teacher": 1}).teacher == RunRef(run="1")


class Picking(Config, frozen=True):
    net: Annotated[Pick, param("Net", "A network.", of="network", role="denoiser")] = Pick()
    way: Annotated[Pick, param("Way", "One.", of="network", role="denoiser")] = Pick(
        slug="unet", config={"width": 4}
    )


@pytest.mark.parametrize(
    "told", [{"slug": "mlp", "config": {"width": 8}}, {"slug": "mlp", "width": 8}]
)
def test_the_settings_of_a_pick_may_stand_beside_its_slug(told):
    assert decode(Picking, {"net": told}).net == Pick(slug="mlp", config={"width": 8})


def test_settings_alone_are_those_of_what_is_picked_where_nothing_is_said():
    picked = decode(Picking, {"way": {"config": {"depth": 2}}}).way
    assert picked == Pick(slug="unet", config={"width": 4, "depth": 2})
    assert decode(Picking, {"net": {"config": {"depth": 2}}}).net == Pick(config={"depth": 2})
    none = {"slug": "", "config": {}}
    assert decode(Picking, {"way": none}).way == Pick(), "what was taken away"


def test_a_pick_may_be_its_slug_alone():
    assert decode(Picking, {"net": "mlp"}).net == Pick(slug="mlp")


@pytest.mark.parametrize(
    ("told", "path"), [(3, "net"), ({"slug": 3}, "net.slug"), ({"config": 3}, "net.config")]
)
def test_what_is_no_pick_is_refused_where_it_is_wrong(told, path):
    with pytest.raises(ConfigError) as error:
        decode(Picking, {"net": told})
    assert error.value.path == path
