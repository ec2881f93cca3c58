"""One frozen struct per family, data set, sampler and metric: the only source of its settings.

Bounds, unit, title and help live in the type, through ``Annotated[..., param(...)]``; decoding,
validation, the form on the screen, the command-line help and the docs are derived from it.
Nothing here needs torch, so a config can be described without loading a model.
"""

import math
import types
import typing
from collections.abc import Mapping
from functools import cache
from pathlib import PurePath
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NewType,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

import msgspec
from msgspec import Meta

from pushforward.spelling import ask_whether

__all__ = [
    "Aspect",
    "Config",
    "ConfigError",
    "DataChoice",
    "File",
    "NoConfig",
    "Pick",
    "RunRef",
    "decode",
    "decode_all",
    "describe",
    "encode",
    "param",
    "pick_fields",
    "read_pick",
    "replace_at",
    "value_at",
]


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every config: keyword-only, immutable, unknown fields refused.

    Fields are ``bool``, ``int``, ``float``, ``str``, ``Literal[...]`` of strings, a list of whole
    numbers, numbers or texts (``tuple[int, ...]``), a `File`, a `DataChoice`, a `RunRef`, a `Pick`,
    a nested `Config`, or ``None | X`` of one of these but a `Pick`. A nested config that may be
    None can be left out as a whole. Every field has a default. Subclasses repeat ``frozen=True``
    (mypy reads msgspec structs as dataclasses).
    """


class NoConfig(Config, frozen=True):
    """Settings of a thing that has none."""


File = NewType("File", str)
"""The whole path of a file, "" for none. Whether it is there is seen where it is read."""

Aspect = Literal["", "path", "prediction", "loss"]
"""What a setting of a family is a matter of: how data turn into noise, what the network says, or
what it is trained for. Grid, sampler and guidance, the other three choices of a method, are
settings of the sampler."""

DataChoice = NewType("DataChoice", str)
"""The name of a class or a column of the data, "" for none. Which there are, the data say."""


class RunRef(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another run of the project, by the name of its folder, at a step (None: the newest that it
    keeps); "" for none.
    """

    run: str = ""
    step: int | None = None


class Pick(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A setting that is a registered thing with settings of its own, such as a network.

    As the default of a field its slug is empty, which leaves the choice to the kind of data, and
    its config are preferences, which a thing without such a setting ignores.
    """

    slug: str = ""
    config: dict[str, Any] = {}


class ConfigError(ValueError):
    """A setting is wrong. ``path`` is its dotted name ("net.width"), empty for the whole config."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


def param(
    title: str,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    below: float | None = None,
    unit: str = "",
    zero: str = "",
    meant: str = "",
    log: bool = False,
    advanced: bool = False,
    live: bool = False,
    kinds: tuple[str, ...] = (),
    always: str = "",
    depends: tuple[str, tuple[Any, ...]] | None = None,
    choices: Mapping[str, str] | None = None,
    of: str = "",
    role: str = "",
    fewest: int = 0,
    suffixes: tuple[str, ...] = (),
    aspect: Aspect = "",
) -> Meta:
    """Describe one field of a `Config`.

    ``low``/``high`` are inclusive bounds, ``above``/``below`` exclusive ones. ``zero`` is what the
    value 0 means in words, where it is not a quantity, and ``meant`` what
    nothing in a list stands for. ``log`` asks for a
    logarithmic control. ``live`` says that it may be changed in the middle of a training
    (`models.contracts.learner.Learner.reconfigure`). ``kinds`` are the kinds of data it
    matters for, empty for all; of a nested config, it holds for everything inside.
    ``always`` is what kinds of data give (`models.entries.KindEntry`) for which a switch is always
    on; "" for none. ``depends=(sibling, values)`` says that the field matters only while the
    sibling field has one of the values. ``choices`` maps the values of a ``Literal`` to titles. Of
    a `Pick`, ``of`` is what is picked ("network") and ``role`` what it is picked for; of a
    `RunRef`, ``role`` is what its model must be able to do, and ``of`` the kind of data that it has
    learned, "" for any; of a `DataChoice`, ``of`` is "class" or "column". A list has at least
    ``fewest`` values, each within the bounds. A `File` ends in one of ``suffixes``, where there are
    any (".pt"). ``aspect`` is which choice of a method the setting belongs to, "" for a setting
    that belongs to no choice (a width, a learning rate).
    """
    extra: dict[str, Any] = {
        "unit": unit,
        "zero": zero,
        "meant": meant,
        "log": log,
        "advanced": advanced,
        "live": live,
        "kinds": kinds,
        "always": always,
        "depends": depends,
        "choices": dict(choices or {}),
        "of": of,
        "role": role,
        "fewest": fewest,
        "suffixes": suffixes,
        "aspect": aspect,
        "low": low,
        "high": high,
        "above": above,
        "below": below,
    }
    return Meta(title=title, description=help, extra=extra)


C = TypeVar("C", bound=Config)


def _unwrap(hint: Any) -> tuple[Any, Meta | None, bool]:
    """Split a hint into its bare type, its `Meta` and whether None is allowed."""
    meta: Meta | None = None
    optional = False
    while True:
        if get_origin(hint) is Annotated:
            hint, *marks = get_args(hint)
            meta = next((m for m in marks if isinstance(m, Meta)), meta)
        elif get_origin(hint) in (Union, types.UnionType):
            rest = [a for a in get_args(hint) if a is not type(None)]
            optional = len(rest) < len(get_args(hint))
            if len(rest) != 1:
                raise TypeError(f"a config field has one type, perhaps with None: {hint}")
            hint = rest[0]
        else:
            return hint, meta, optional


class _Field(NamedTuple):
    kind: Any
    """Its bare type."""
    meta: Meta | None
    optional: bool
    default: Any


@cache
def _fields(config: type[Config]) -> Mapping[str, _Field]:
    """Return the fields of a config by their names, in order: read from its hints once, as every
    form, every check and every step of a comparison asks for them.
    """
    hints = typing.get_type_hints(config, include_extras=True)
    found = {}
    for field in msgspec.structs.fields(config):
        kind, meta, optional = _unwrap(hints[field.name])
        default = field.default
        if default is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        if default is msgspec.NODEFAULT:
            raise TypeError(f"{config.__name__}.{field.name} has no default")
        found[field.name] = _Field(kind, meta, optional, default)
    return found


def _field_of(config: Config, name: str) -> _Field:
    return _fields(type(config))[name]


def _is_config(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Config)


def describe(config: type[Config], prefix: str = "", group: str = "") -> list[dict[str, Any]]:
    """Flatten a config to plain data, one dict per leaf field, all that a form needs.

    Keys: path (dotted), kind ("bool", "int", "float", "text", "choice", "list", "file",
    "data-choice", "run", "pick", "part"), title, help, unit, zero, meant, default, optional,
    low, high, above, below, log, advanced, depends ({path, values} or None), live, kinds (a list),
    always, choices ([{value, title}]), group (title of the nested config, "" at the
    top), of and role (see `param`), items (the kind of the values of a list), fewest, suffixes,
    aspect, inside (path of the part that it belongs to, "" for none).

    A "part" is a nested config that may be left out: None, or a table. Its settings follow it.
    """
    rows: list[dict[str, Any]] = []
    for name, (kind, meta, optional, default) in _fields(config).items():
        path = f"{prefix}{name}"
        title = (meta.title if meta else None) or name.replace("_", " ").capitalize()
        if _is_config(kind):
            if optional:
                is_in: dict[str, Any] | None = None if default is None else {}
                rows.append(_row(path, "part", title, meta, is_in, True, title, prefix))
            # A nested default may differ from the class's own defaults: show what will be used.
            used = kind() if default is None else default
            for row in describe(kind, f"{path}.", title):
                row["default"] = value_at(used, row["path"].removeprefix(f"{path}."))
                row["kinds"] = row["kinds"] or list(_extra(meta).get("kinds", ()))
                row["inside"] = row["inside"] or (path if optional else "")
                rows.append(row)
            continue
        row = _row(path, _kind_name(kind), title, meta, default, optional, group, prefix)
        titles = _extra(meta).get("choices") or {}
        values = get_args(kind) if get_origin(kind) is Literal else ()
        row["choices"] = [{"value": v, "title": titles.get(v, str(v))} for v in values]
        if row["kind"] == "list":
            row["items"] = _kind_name(get_args(kind)[0])
        rows.append(row)
    return rows


def _row(
    path: str,
    kind: str,
    title: str,
    meta: Meta | None,
    default: Any,
    optional: bool,
    group: str,
    prefix: str,
) -> dict[str, Any]:
    extra = _extra(meta)
    depends = extra.get("depends")
    return {
        "path": path,
        "kind": kind,
        "title": title,
        "help": (meta.description if meta else None) or "",
        "default": _plain(default),
        "optional": optional,
        "group": group,
        "choices": [],
        "depends": {"path": f"{prefix}{depends[0]}", "values": list(depends[1])}
        if depends
        else None,
        "unit": extra.get("unit", ""),
        "zero": extra.get("zero", ""),
        "meant": extra.get("meant", ""),
        "log": extra.get("log", False),
        "advanced": extra.get("advanced", False),
        "live": extra.get("live", False),
        "kinds": list(extra.get("kinds", ())),
        "always": extra.get("always", ""),
        "of": extra.get("of", ""),
        "role": extra.get("role", ""),
        "items": "",
        "fewest": extra.get("fewest", 0),
        "suffixes": list(extra.get("suffixes", ())),
        "aspect": extra.get("aspect", ""),
        "inside": "",
        **{k: extra.get(k) for k in ("low", "high", "above", "below")},
    }


def _extra(meta: Meta | None) -> dict[str, Any]:
    return dict((meta.extra if meta else None) or {})


_NAMES: dict[Any, str] = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "text",
    File: "file",
    DataChoice: "data-choice",
    RunRef: "run",
    Pick: "pick",
}


def _kind_name(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "choice"
    if _is_list(kind):
        return "list"
    if kind not in _NAMES:
        raise TypeError(f"a config field cannot be a {kind}")
    return _NAMES[kind]


def _is_list(kind: Any) -> bool:
    inner = get_args(kind) if get_origin(kind) is tuple else ()
    return len(inner) == 2 and inner[0] in (int, float, str) and inner[1] is Ellipsis


def _plain(value: Any) -> Any:
    """Return a value as JSON and TOML have it: lists, no tuples."""
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return _plain(msgspec.to_builtins(value)) if isinstance(value, msgspec.Struct) else value


def value_at(config: Config, path: str) -> Any:
    """Return a value at a dotted path, as plain data; in a part that is left out, that which it has
    where it is put in.
    """
    value: Any = config
    at: type[Config] = type(config)
    for name in path.split("."):
        if value is None:
            value = at()
        at, value = _field_of(value, name).kind, getattr(value, name)
    return ({} if value is not None else None) if _is_config(at) else _plain(value)


def decode(config: type[C], data: Mapping[str, Any], prefix: str = "") -> C:
    """Build a config from plain data (TOML, JSON, a form), missing fields taking their default.

    Raises:
        ConfigError: the first error that `decode_all` finds.
    """
    found, errors = decode_all(config, data, prefix)
    if found is None or errors:
        raise errors[0]
    return found


def decode_all(
    config: type[C], data: Mapping[str, Any], prefix: str = ""
) -> tuple[C | None, list[ConfigError]]:
    """Build a config from plain data and collect what is wrong, reading each setting once.

    Returns:
        The config, in which wrong settings have their default, or None if the defaults do not go
        with the rest; and the errors in the order of ``data``: an unknown setting (with the nearest
        name), a wrong type, or a value out of bounds (with the bound).
    """
    known = _fields(config)
    values: dict[str, Any] = {}
    errors: list[ConfigError] = []
    for name, value in data.items():
        path = f"{prefix}{name}"
        try:
            if name not in known:
                raise ConfigError(path, _unknown(name, list(known)))
            found, wrong = _decode_field(path, known[name], value)
        except ConfigError as error:
            errors.append(error)
            continue
        errors += wrong
        if not wrong:
            values[name] = found
    try:
        return config(**values), errors
    except ConfigError as error:  # from __post_init__: settings that do not go together
        return None, errors or [error]


def _unknown(name: str, known: list[str]) -> str:
    return "unknown setting; " + ask_whether(name, known, f"known: {', '.join(known)}", 1)


def _decode_field(path: str, field: _Field, value: Any) -> tuple[Any, list[ConfigError]]:
    """Return the value of a field and the errors inside it.

    Raises:
        ConfigError: the value as a whole is wrong.
    """
    kind, meta, optional, default = field
    if value is None and optional:
        return None, []
    if _is_config(kind):
        return _nested(path, kind, optional, default, value)
    if kind is Pick:
        return _pick(path, default, value), []
    if kind is RunRef:
        return _run(path, value), []
    if _is_list(kind):
        return _list(path, kind, meta, value), []
    return _leaf(path, kind, meta, value), []


def _nested(
    path: str, kind: type[C], optional: bool, default: C | None, value: Any
) -> tuple[C | None, list[ConfigError]]:
    """Read a nested config; true and false switch one that can be left out on and off."""
    if isinstance(value, kind):
        return value, []
    if optional and isinstance(value, bool):
        return (default or kind()) if value else None, []
    if not isinstance(value, Mapping):
        wanted = "a table of settings, or none" if optional else "a table of settings"
        raise ConfigError(path, f"must be {wanted}, got {value!r}")
    merged = {**encode(default), **value} if default is not None else value
    return decode_all(kind, merged, f"{path}.")


def pick_fields(config: type[Config]) -> list[tuple[str, Pick, str, str]]:
    """Return name, default, ``of`` and ``role`` (see `param`) of each pick of a config."""
    return [
        (name, field.default, _extra(field.meta)["of"], _extra(field.meta)["role"])
        for name, field in _fields(config).items()
        if field.kind is Pick
    ]


def _pick(path: str, default: Pick | None, value: Any) -> Pick:
    """Read a pick; settings alone are those of the one that is picked where nothing is said."""
    pick = read_pick(path, value)
    if default is None or not default.slug or not isinstance(value, Mapping) or "slug" in value:
        return pick
    return Pick(slug=default.slug, config={**default.config, **pick.config})


def _run(path: str, value: Any) -> RunRef:
    """Read a reference to a run; a text is its name, a whole number that of the run."""
    if isinstance(value, RunRef):
        return value
    number = isinstance(value, int) and not isinstance(value, bool)
    data = {"run": str(value)} if number or isinstance(value, str) else value
    try:
        found = msgspec.convert(data, RunRef)
    except msgspec.ValidationError as error:
        wanted = "the name of a run, or a table of run and step"
        raise ConfigError(path, f"must be {wanted}, got {value!r}") from error
    if found.step is not None and found.step < 0:
        raise ConfigError(path, f"must be at a step from 0 on, got {found.step}")
    return found


def _list(path: str, kind: Any, meta: Meta | None, value: Any) -> tuple[Any, ...]:
    """Read a list; what is wrong with one of its values is said of that one, counted from 1."""
    if not isinstance(value, list | tuple):
        raise ConfigError(path, f"must be a list, got {value!r}")
    found = []
    for number, each in enumerate(value, start=1):
        try:
            found.append(_leaf(path, get_args(kind)[0], meta, each))
        except ConfigError as error:
            raise ConfigError(path, f"value {number} {error.message}") from error
    fewest = int(_extra(meta).get("fewest", 0))
    if len(found) < fewest:
        some = "one value" if fewest == 1 else f"{fewest} values"
        raise ConfigError(path, f"must have at least {some}, got {len(found)}")
    return tuple(found)


def read_pick(path: str, value: Any) -> Pick:
    """Read a pick, which may also be its slug alone; its settings may be next to the slug: {"slug":
    "mlp", "width": 64}.

    Raises:
        ConfigError: it is none; the path begins with ``path``.
    """
    if isinstance(value, Pick):
        return value
    if isinstance(value, str):
        return Pick(slug=value)
    if not isinstance(value, Mapping):
        raise ConfigError(path, f"must be a name, or a table of slug and config, got {value!r}")
    slug, config = value.get("slug", ""), value.get("config", {})
    if not isinstance(slug, str):
        raise ConfigError(f"{path}.slug", f"must be a name, got {slug!r}")
    if not isinstance(config, Mapping):
        raise ConfigError(f"{path}.config", f"must be a table of settings, got {config!r}")
    beside = {name: each for name, each in value.items() if name not in ("slug", "config")}
    return Pick(slug=slug, config={**config, **beside})


def _leaf(path: str, kind: Any, meta: Meta | None, value: Any) -> Any:
    try:
        # bool is an int in Python, and 3.0 is a fine integer in a form: say so here, once.
        if kind in (int, float) and isinstance(value, bool):
            raise msgspec.ValidationError(f"expected a number, got {value}")
        if kind is int and isinstance(value, float) and value.is_integer():
            value = int(value)
        value = msgspec.convert(value, str if kind in (File, DataChoice) else kind)
    except msgspec.ValidationError as error:
        if get_origin(kind) is Literal:
            allowed = list(map(str, get_args(kind)))
            meant = ask_whether(str(value), allowed, n=1)
            hint = f"; {meant}" if meant else ""
            raise ConfigError(
                path, f"must be one of {', '.join(allowed)}, got {value!r}{hint}"
            ) from error
        wanted: dict[Any, str] = {
            int: "a whole number",
            float: "a number",
            bool: "true or false",
            str: "text",
            File: "the path of a file",
            DataChoice: "a name",
        }
        raise ConfigError(path, f"must be {wanted.get(kind, kind)}, got {value!r}") from error
    if kind in (int, float):
        _check_bounds(path, _extra(meta), value)
    if kind is File and value:
        _check_file(path, _extra(meta).get("suffixes", ()), value)
    return value


def _check_file(path: str, suffixes: tuple[str, ...], value: str) -> None:
    if not PurePath(value).is_absolute():
        raise ConfigError(
            path, f"must be the whole path of a file, from the root on, got {value!r}"
        )
    if suffixes and not value.lower().endswith(suffixes):
        raise ConfigError(
            path, f"must be a file that ends in {' or '.join(suffixes)}, got {value!r}"
        )


def _check_bounds(path: str, extra: Mapping[str, Any], value: float) -> None:
    if not math.isfinite(value):
        raise ConfigError(path, f"must be finite, got {value}")
    for key, word, sign in (
        ("low", "at least", 1.0),
        ("high", "at most", -1.0),
        ("above", "greater than", 1.0),
        ("below", "less than", -1.0),
    ):
        bound = extra.get(key)
        if bound is None:
            continue
        margin = sign * (value - bound)
        if margin < 0 or (margin == 0 and key in ("above", "below")):
            raise ConfigError(path, f"must be {word} {_written(bound)}, got {_written(value)}")


def _written(value: float) -> str:
    """Return a number as people write it: 0.05, 4,096, 10,000,000."""
    whole = value == int(value) and abs(value) < 1e15
    return f"{int(value):,}" if whole else f"{value:g}"


def encode(config: Config) -> dict[str, Any]:
    """Turn a config into plain nested data, the inverse of `decode`."""
    data: dict[str, Any] = _plain(config)
    return data


def replace_at(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of nested plain data with the value at a dotted path replaced."""
    head, _, rest = path.partition(".")
    inner = data.get(head)
    return {
        **data,
        head: replace_at(inner if isinstance(inner, dict) else {}, rest, value) if rest else value,
    }
