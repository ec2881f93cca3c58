"""Simulated people who watch invented films: tastes drift, series go on, and a few films are
popular.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import torch
from torch import Tensor

from pushforward.models.config import Config, param
from pushforward.models.data.common import data_generator
from pushforward.models.kinds.interactions import InteractionSet
from pushforward.models.registry import dataset
from pushforward.models.tensors import make_generator

__all__ = ["GENRES", "Catalogue", "FilmsConfig", "catalogue", "film_names", "films"]

GENRES = ("Drama", "Comedy", "Thriller", "Space", "Romance", "Horror", "Western", "Animation")
_FIRST = {
    "Drama": ("Quiet", "Paper", "Winter", "Borrowed", "Empty", "Second"),
    "Comedy": ("Clumsy", "Sunday", "Accidental", "Wobbly", "Loud", "Lucky"),
    "Thriller": ("Silent", "Cold", "Double", "Broken", "Hidden", "Final"),
    "Space": ("Orbital", "Distant", "Solar", "Lost", "Ninth", "Hollow"),
    "Romance": ("Tender", "Summer", "Secret", "Harbour", "Lavender", "Slow"),
    "Horror": ("Pale", "Crawling", "Buried", "Hungry", "Rotten", "Midnight"),
    "Western": ("Dusty", "Copper", "Crooked", "Red", "Lonesome", "Iron"),
    "Animation": ("Tiny", "Flying", "Paper", "Brave", "Sleepy", "Giant"),
}
_SECOND = {
    "Drama": ("Letters", "Orchards", "Rooms", "Inheritance", "Tides", "Kitchen"),
    "Comedy": ("Wedding", "Plumbers", "Neighbours", "Holiday", "Goat", "Detectives"),
    "Thriller": ("Ledger", "Witness", "Corridor", "Alibi", "Passenger", "Signal"),
    "Space": ("Station", "Harvest", "Comet", "Cartographers", "Moon", "Relay"),
    "Romance": ("Waltz", "Postcards", "Garden", "Promise", "Ferry", "Encore"),
    "Horror": ("Attic", "Choir", "Lake", "Orphanage", "Well", "Puppets"),
    "Western": ("Canyon", "Saddle", "Sheriff", "River", "Reckoning", "Spurs"),
    "Animation": ("Hedgehog", "Robots", "Lighthouse", "Dragon", "Bakery", "Whale"),
}
_NUMERALS = ("", " II", " III")
_YEARS = (1970, 2024)
_LONGEST = 3  # films of a series
_CATALOGUE = 7  # the seed of the films, so that all draws are of the same ones


class FilmsConfig(Config, frozen=True):
    """How many films, how long histories are, and what people choose by."""

    films: Annotated[int, param("Films", "Number of films.", low=20, high=280)] = 240
    longest: Annotated[
        int, param("Longest history", "Maximum number of films in a history.", low=4, high=200)
    ] = 40
    sequels: Annotated[
        float,
        param(
            "Sequels",
            "Probability that the next part of a started series is watched.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.6
    related: Annotated[
        float,
        param(
            "Related films",
            "Probability that the next film is one related to the last; otherwise it is chosen "
            "by taste and popularity.",
            low=0.0,
            high=1.0,
        ),
    ] = 0.35
    drift: Annotated[
        float,
        param(
            "Drift", "Probability that a user's taste changes to another genre.", low=0.0, high=1.0
        ),
    ] = 0.08


@dataclass(frozen=True)
class Catalogue:
    """Films, numbered from 0.

    Attributes:
        titles: with the year.
        genre: (V,) int64, one of `GENRES`.
        year: (V,) int64.
        sequel: (V,) int64, the next part of its series; -1 for none.
        related: (V, 4) int64, films of its genre that are recommended with it.
        popularity: (V,) float32, what share of people would watch it, tastes apart.
    """

    titles: tuple[str, ...]
    genre: Tensor
    year: Tensor
    sequel: Tensor
    related: Tensor
    popularity: Tensor


def film_names(genres: Sequence[int]) -> list[str]:
    """Return a name for each film of a genre; where the names of a genre are used up, a part of a
    series follows.
    """
    used: dict[int, int] = {}
    found = []
    for g in genres:
        number = used.get(g, 0)
        used[g] = number + 1
        pairs = [(a, b) for a in _FIRST[GENRES[g]] for b in _SECOND[GENRES[g]]]
        part, place = divmod(number, len(pairs))
        first, second = pairs[place]
        found.append(f"{first} {second}" + (f", part {part + 1}" if part else ""))
    return found


@lru_cache(maxsize=8)
def catalogue(count: int) -> Catalogue:
    """Return a number of films, always the same ones: each name is a series of one to three
    parts.
    """
    generator = make_generator(_CATALOGUE)
    names = [
        (g, f"{first} {second}")
        for g, genre in enumerate(GENRES)
        for first in _FIRST[genre]
        for second in _SECOND[genre]
    ]
    titles: list[str] = []
    genre: list[int] = []
    year: list[int] = []
    sequel: list[int] = []
    for pick in torch.randperm(len(names), generator=generator).tolist():
        g, name = names[pick]
        parts = int(torch.randint(1, _LONGEST + 1, (), generator=generator))
        begun = int(torch.randint(*_YEARS, (), generator=generator))
        for part in range(min(parts, count - len(titles))):
            film = len(titles)
            shown = min(begun + 3 * part, _YEARS[1])
            titles.append(f"{name}{_NUMERALS[part]} ({shown})")
            genre.append(g)
            year.append(shown)
            sequel.append(-1)
            if part:
                sequel[film - 1] = film
        if len(titles) == count:
            break
    # Zipf's law: the second film is seen half as often as the first, and so on.
    rank = torch.randperm(count, generator=generator).float() + 1.0
    genres, years = torch.tensor(genre), torch.tensor(year)
    return Catalogue(
        tuple(titles),
        genres,
        years,
        torch.tensor(sequel),
        _find_related(genres, years, generator),
        rank.pow(-0.8),
    )


def _find_related(genre: Tensor, year: Tensor, generator: torch.Generator) -> Tensor:
    """Return for each film four others, of its genre first and near in time."""
    apart = (year[:, None] - year).abs().float() + 40.0 * (genre[:, None] != genre)
    apart += 8.0 * torch.rand(apart.shape, generator=generator)
    apart.fill_diagonal_(torch.inf)
    return apart.argsort(dim=1)[:, :4]


@dataset(
    "films",
    title="Invented films",
    summary="Simulated users and invented films: drifting tastes, series, and a few popular films.",
    source="simulated; popularity by Zipf's law, with the exponent 0.8",
    holds="interactions",
    config=FilmsConfig,
)
def films(config: FilmsConfig, n: int, seed: int) -> InteractionSet:
    """Return the histories of n people, of 5 films or more; no user watches a film twice.

    A person begins with a genre and turns to others now and then. After a film comes its sequel,
    one that is recommended with it, or a popular one, eight times as likely in the current genre.
    """
    generator = data_generator(n, seed)
    known = catalogue(config.films)
    longest = min(config.longest, config.films // 2)
    # The longest history first: whoever still watches at a place are the first rows.
    size, order = _sizes(n, longest, generator).sort(descending=True)
    taste = torch.randint(len(GENRES), (n,), generator=generator)
    unseen = torch.ones(n, config.films)
    x = torch.zeros(n, longest, dtype=torch.int64)
    for place in range(longest):
        here = slice(0, int((size > place).sum()))
        taste = _drifted(config, taste[here], generator)
        liked = torch.where(known.genre == taste[:, None], 8.0, 1.0)
        weights = known.popularity * liked * unseen[here]
        film = torch.multinomial(weights, 1, generator=generator).squeeze(1)
        if place:
            last = x[here, place - 1] - 1
            film = _follow_up(config, known, last, unseen[here], film, generator)
        x[here, place] = film + 1
        unseen[here].scatter_(1, film[:, None], 0.0)
    return InteractionSet(x[order.argsort()], known.titles)


def _drifted(config: FilmsConfig, taste: Tensor, generator: torch.Generator) -> Tensor:
    """Return the favourite genres after some users changed theirs."""
    turned = torch.rand(len(taste), generator=generator) < config.drift
    other = torch.randint(len(GENRES), (len(taste),), generator=generator)
    return torch.where(turned, other, taste)


def _sizes(n: int, longest: int, generator: torch.Generator) -> Tensor:
    """Return how many films each has watched: half of the people less than a third of the most."""
    share = torch.rand(n, generator=generator).square()
    fewest = min(5, longest)
    return fewest + (share * (longest - fewest + 1)).long().clamp_max(longest - fewest)


def _follow_up(
    config: FilmsConfig,
    known: Catalogue,
    last: Tensor,
    unseen: Tensor,
    film: Tensor,
    generator: torch.Generator,
) -> Tensor:
    """Return the sequel of the last film, a related one, or the film that was chosen freely."""
    n = len(last)
    beside = known.related[last, torch.randint(4, (n,), generator=generator)]
    for next_one, share in ((beside, config.related), (known.sequel[last], config.sequels)):
        at = next_one.clamp_min(0)
        follows = torch.rand(n, generator=generator) < share
        follows &= (next_one >= 0) & (unseen.gather(1, at[:, None]).squeeze(1) > 0)
        film = torch.where(follows, at, film)
    return film
