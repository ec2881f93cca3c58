"""The glossary against the registry: what it names exists, and what formulas use it explains."""

import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

from pushforward.models.entries import Kind
from pushforward.models.registry import discover, registry

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "resources" / "help" / "glossary.md"
ROW = re.compile(r"^\| (?!Term )([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.M)
# Letters, with a bar, a prime or an index 0: `x₀`, `Q̄`, `h′`.
SYMBOL = re.compile(r"(?<![^\W_])[^\W\d_]₀?[̄′]?(?![^\W_])")
# Operators, and letters that only count: i, k and c in sums, e in a list of edges, T transposed.
NO_TERM = set("ΣΠᵀic") | {"e", "a", "l", "m", "T", "I", "N"}
discover()
KINDS = get_args(Kind)


def rows() -> list[tuple[str, str, str, str]]:
    return ROW.findall(PAGE.read_text(encoding="utf-8"))


def test_the_page_in_the_repository_is_the_page_of_the_help() -> None:
    comment, _, body = PAGE.read_text(encoding="utf-8").partition("\n")
    assert comment.startswith("<!-- order")
    assert (ROOT / "GLOSSARY.md").read_text(encoding="utf-8") == body


def test_each_term_stands_once_with_a_meaning_and_a_source() -> None:
    found = rows()
    assert 40 <= len(found) <= 100
    assert len({term.lower() for term, *_ in found}) == len(found)
    assert all(meaning.endswith(".") and len(source) > 5 for *_, meaning, source in found)


def test_each_slug_it_names_is_registered() -> None:
    named = re.findall(r"`([^`]+)`", PAGE.read_text(encoding="utf-8"))
    assert len(named) > 20
    assert set(named) <= {entry.slug for kind in KINDS for entry in registry.all(kind)}


@pytest.mark.parametrize("attribute", ["field", "carrier"])
def test_each_field_and_carrier_of_a_family_is_explained(attribute: str) -> None:
    text = PAGE.read_text(encoding="utf-8").lower()
    families = registry.all("family")
    used = {getattr(entry, attribute) for entry in families} - {"", None, "flow", "exact"}
    assert used
    assert {word for word in used if word.replace("-", " ").rstrip("s") not in text} == set()


def test_each_symbol_that_several_families_use_is_explained() -> None:
    explained = {sign for _, symbol, *_ in rows() for sign in SYMBOL.findall(symbol)}
    uses = Counter(
        sign for entry in registry.all("family") for sign in set(SYMBOL.findall(entry.motion))
    )
    common = {sign for sign, count in uses.items() if count > 2} - NO_TERM
    assert len(common) > 15
    assert common - explained == set()
