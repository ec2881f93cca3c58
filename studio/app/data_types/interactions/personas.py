"""Users that are worth watching while a recommender learns. Pure."""

from dataclasses import dataclass

import numpy as np

from pushforward.studio.app.data_types.interactions.recommend_requests import People

__all__ = ["Persona", "choose_personas", "persona_of"]

HIDDEN = 10  # items that are hidden from the model at most
FEWEST = 8  # items of a user who loves a category


@dataclass(frozen=True)
class Persona:
    """A user of whom the model knows a part.

    Attributes:
        title: what the user stands for.
        note: who it is.
        items: what the model is asked with.
        later: what the user took afterwards.
        place: of the user among the people, -1 for none.
    """

    title: str
    note: str
    items: tuple[int, ...]
    later: tuple[int, ...] = ()
    place: int = -1


def persona_of(people: People, place: int, title: str, note: str = "") -> Persona:
    """Return a user with a fifth of the history hidden, ten items at most."""
    history = people.history(place)
    hidden = min(HIDDEN, max(1, len(history) // 5)) if len(history) > 1 else 0
    known = history[: len(history) - hidden]
    name = f"{people.called} {people.names[place]}, {len(known):,} items"
    return Persona(
        title,
        ", ".join(filter(None, (note, name))),
        tuple(known),
        tuple(history[len(known) :]),
        place,
    )


def choose_personas(people: People) -> list[Persona]:
    """Return a new user, one with a single item, one who loves a category, and the longest
    history.
    """
    found = [Persona("New user", "no history", ())]
    if not len(people.numbers):
        return found
    lengths = people.lengths
    first = people.history(int(np.argsort(lengths, kind="stable")[len(lengths) // 2]))
    if first:
        found.append(
            Persona("One item", people.catalogue.title(first[0]), (first[0],), tuple(first[1:]))
        )
    if (lover := _lover(people)) is not None:
        place, category, share = lover
        found.append(persona_of(people, place, f"{category} lover", f"{100 * share:.0f} %"))
    found.append(persona_of(people, int(lengths.argmax()), "Long history"))
    return found


def _lover(people: People) -> tuple[int, str, float] | None:
    """Return the user with the largest share of one category, the category and the share."""
    catalogue = people.catalogue
    names = list(catalogue.coloured)
    if not names:
        return None
    of = np.full(len(catalogue) + 1, len(names))
    for item in range(1, len(catalogue) + 1):
        of[item] = catalogue.coloured.get(catalogue.category(item), len(names))
    of[0] = len(names) + 1
    counts = np.stack([(of[people.x] == i).sum(axis=1) for i in range(len(names))], axis=1)
    sizes = (people.x >= 1).sum(axis=1)
    shares = np.where(sizes[:, None] >= FEWEST, counts / np.maximum(1, sizes)[:, None], 0.0)
    place, category = np.unravel_index(int(shares.argmax()), shares.shape)
    share = float(shares[place, category])
    return (int(place), names[int(category)], share) if share > 0 else None
