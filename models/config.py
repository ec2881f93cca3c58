"""One frozen struct per family, data set, sampler and metric: the only source of its settings.

Bounds, unit, title and help live in the type, through ``Annotated[..., param(...)]``; decoding,
validation, the form on the screen, the command-line help and the docs are derived from it.
Nothing here needs torch, so a config can be described without loading a model.
"""

import difflib
import math
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import Meta

__all__ = [
    "Config",
    "ConfigError",
    "Pick",
    "decode",
    "describe",
    "encode",
    "param",
    "replace_at",
]


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every config: keyword-only, immutable, unknown fields refused.

    Fields are ``bool``, ``int``, ``float``, ``str``, ``Literal[...]`` of strings, a `Pick`, a
    nested `Config`, or ``None | X`` of the simple ones. Every field has a default. Subclasses
    repeat ``frozen=True`` (mypy reads msgspec structs as dataclasses).
    """


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
    log: bool = False,
    advanced: bool = False,
    live: bool = False,
    modalities: tuple[str, ...] = (),
    depends: tuple[str, tuple[Any, ...]] | None = None,
    choices: Mapping[str, str] | None = None,
    of: str = "",
    role: str = "",
) -> Meta:
    """Describe one field of a `Config`.

    ``low``/``high`` are inclusive bounds, ``above``/``below`` exclusive ones. ``zero`` is what the
    value 0 means in words, where it is not a quantity. ``log`` asks for a
    logarithmic control. ``live`` says that it may be changed in the middle of a training
    (`models.base.Family.reconfigure`). ``modalities`` are the kinds of data it matters for, empty
    for all; of a nested config, it holds for everything inside. ``depends=(sibling, values)`` says
    that the field matters only while the sibling field has one of the values. ``choices`` maps the
    values of a ``Literal`` to titles. Of a `Pick`, ``of`` is what is picked ("network") and
    ``role`` what it is picked for.
    """
    extra: dict[str, Any] = {
        "unit": unit,
        "zero": zero,
        "log": log,
        "advanced": advanced,
        "live": live,
        "modalities": modalities,
        "depends": depends,
        "choices": dict(choices or {}),
        "of": of,
        "role": role,
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


def _fields(config: type[Config]) -> Iterator[tuple[str, Any, Meta | None, bool, Any]]:
    """Yield (name, bare type, meta, optional, default) of each field, in order."""
    hints = typing.get_type_hints(config, include_extras=True)
    for field in msgspec.structs.fields(config):
        kind, meta, optional = _unwrap(hints[field.name])
        default = field.default
        if default is msgspec.NODEFAULT and field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        if default is msgspec.NODEFAULT:
            raise TypeError(f"{config.__name__}.{field.name} has no default")
        yield field.name, kind, meta, optional, default


def _is_config(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Config)


def describe(config: type[Config], prefix: str = "", group: str = "") -> list[dict[str, Any]]:
    """Flatten a config to plain data, one dict per leaf field, all that a form needs.

    Keys: path (dotted), kind ("bool", "int", "float", "text", "choice", "pick"), title, help, unit,
    zero, default, optional, low, high, above, below, log, advanced, depends ({path, values} or
    None), live, modalities (a list), choices ([{value, title}]), group (title of the nested config,
    "" at the top), of and role (of a pick).
    """
    rows: list[dict[str, Any]] = []
    for name, kind, meta, optional, default in _fields(config):
        path = f"{prefix}{name}"
        title = (meta.title if meta else None) or name.replace("_", " ").capitalize()
        if _is_config(kind):
            # A nested default may differ from the class's own defaults: show what will be used.
            for row in describe(kind, f"{path}.", title):
                row["default"] = _get(default, row["path"].removeprefix(f"{path}."))
                row["modalities"] = row["modalities"] or list(_extra(meta).get("modalities", ()))
                rows.append(row)
            continue
        extra = _extra(meta)
        titles = extra.pop("choices", {}) or {}
        depends = extra.pop("depends", None)
        values = get_args(kind) if get_origin(kind) is Literal else ()
        rows.append(
            {
                "path": path,
                "kind": _kind_name(kind),
                "title": title,
                "help": (meta.description if meta else None) or "",
                "default": msgspec.to_builtins(default),
                "optional": optional,
                "group": group,
                "choices": [{"value": v, "title": titles.get(v, str(v))} for v in values],
                "depends": {"path": f"{prefix}{depends[0]}", "values": list(depends[1])}
                if depends
                else None,
                "unit": extra.get("unit", ""),
                "zero": extra.get("zero", ""),
                "log": extra.get("log", False),
                "advanced": extra.get("advanced", False),
                "live": extra.get("live", False),
                "modalities": list(extra.get("modalities", ())),
                "of": extra.get("of", ""),
                "role": extra.get("role", ""),
                **{k: extra.get(k) for k in ("low", "high", "above", "below")},
            }
        )
    return rows


def _extra(meta: Meta | None) -> dict[str, Any]:
    return dict((meta.extra if meta else None) or {})


def _kind_name(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return "choice"
    names = {bool: "bool", int: "int", float: "float", str: "text", Pick: "pick"}
    if kind not in names:
        raise TypeError(f"a config field cannot be a {kind}")
    return names[kind]


def _get(config: Config, path: str) -> Any:
    value: Any = config
    for name in path.split("."):
        value = getattr(value, name)
    return value


def decode(config: type[C], data: Mapping[str, Any], prefix: str = "") -> C:
    """Build a config from plain data (TOML, JSON, a form), missing fields taking their default.

    Raises:
        ConfigError: an unknown key (naming the nearest one), a wrong type, or a value out of
            bounds (naming field, bound and value).
    """
    known = {name: (kind, meta, opt, dflt) for name, kind, meta, opt, dflt in _fields(config)}
    values: dict[str, Any] = {}
    for name, value in data.items():
        path = f"{prefix}{name}"
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
            raise ConfigError(path, f"unknown setting{hint}")
        kind, meta, optional, default = known[name]
        if _is_config(kind) and isinstance(value, Mapping):
            merged = {**msgspec.to_builtins(default), **value} if default is not None else value
            values[name] = decode(kind, merged, f"{path}.")
        elif _is_config(kind) and isinstance(value, kind):
            values[name] = value
        elif value is None and optional:
            values[name] = None
        elif kind is Pick:
            values[name] = _pick(path, value)
        else:
            values[name] = _leaf(path, kind, meta, value)
    return config(**values)


def _pick(path: str, value: Any) -> Pick:
    """Read a pick; its settings may also stand beside its slug: {"slug": "mlp", "width": 64}."""
    if isinstance(value, Pick):
        return value
    if not isinstance(value, Mapping):
        raise ConfigError(path, f"must be a table of slug and settings, got {value!r}")
    slug, config = value.get("slug", ""), value.get("config", {})
    if not isinstance(slug, str) or not isinstance(config, Mapping):
        raise ConfigError(path, "must have a name as slug and a table as config")
    beside = {name: each for name, each in value.items() if name not in ("slug", "config")}
    return Pick(slug=slug, config={**config, **beside})


def _leaf(path: str, kind: Any, meta: Meta | None, value: Any) -> Any:
    try:
        # bool is an int in Python, and 3.0 is a fine integer in a form: say so here, once.
        if kind in (int, float) and isinstance(value, bool):
            raise msgspec.ValidationError(f"expected a number, got {value}")
        if kind is int and isinstance(value, float) and value.is_integer():
            value = int(value)
        value = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        if get_origin(kind) is Literal:
            near = difflib.get_close_matches(str(value), map(str, get_args(kind)), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            allowed = ", ".join(map(str, get_args(kind)))
            raise ConfigError(path, f"must be one of {allowed}, got {value!r}{hint}") from error
        wanted = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
        raise ConfigError(path, f"must be {wanted.get(kind, kind)}, got {value!r}") from error
    if kind in (int, float):
        _check_bounds(path, (meta.extra if meta else None) or {}, value)
    return value


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
            raise ConfigError(path, f"must be {word} {bound:g}, got {value:g}")


def encode(config: Config) -> dict[str, Any]:
    """Turn a config into plain nested data, the inverse of `decode`."""
    data: dict[str, Any] = msgspec.to_builtins(config)
    return data


def replace_at(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy of nested plain data with the value at a dotted path replaced."""
    head, _, rest = path.partition(".")
    inner = data.get(head)
    return {
        **data,
        head: replace_at(inner if isinstance(inner, dict) else {}, rest, value) if rest else value,
    }
