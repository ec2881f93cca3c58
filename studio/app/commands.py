"""Every user action, once: the registry that feeds menus, toolbar, shortcuts and palette."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Command", "Registry", "score"]


def _always() -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One action.

    Attributes:
        id: stable slug.
        title: what menus and palette say, a verb first.
        run: does it.
        menu: name of the menu it is in; the palette shows it as the group.
        shortcut: in Qt's portable notation ("Ctrl+K"; Ctrl is Command on macOS).
        aliases: other words a person may search for.
        why_not: says why it cannot be done now, "" if it can.
        icon: name of an icon, if it has one.
    """

    id: str
    title: str
    run: Callable[[], None]
    menu: str
    shortcut: str = ""
    aliases: tuple[str, ...] = ()
    why_not: Callable[[], str] = _always
    icon: str = ""


class Registry:
    """Commands by id, in the order in which they were added. Some depend on what is selected: they
    are found by a search and in menus, after the others. Of some there are too many for a menu:
    they are found by a search alone.
    """

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}
        self._passing: list[Callable[[], list[Command]]] = []
        self._sought: list[Callable[[], list[Command]]] = []

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def __getitem__(self, id: str) -> Command:
        if id in self._commands:
            return self._commands[id]
        return next(each for each in [*self.passing(), *self._to_seek()] if each.id == id)

    def offer(self, commands: Callable[[], list[Command]]) -> None:
        """Take commands that are asked for whenever they are needed."""
        self._passing.append(commands)

    def offer_to_search(self, commands: Callable[[], list[Command]]) -> None:
        """Take commands that only a search finds; they are asked for whenever they are needed."""
        self._sought.append(commands)

    def _to_seek(self) -> list[Command]:
        return [command for commands in self._sought for command in commands()]

    def passing(self, menu: str = "") -> list[Command]:
        """Return those for what is selected now; of one menu only, if it is named."""
        found = [command for commands in self._passing for command in commands()]
        return [command for command in found if not menu or command.menu == menu]

    def add(self, command: Command) -> None:
        """Add a command.

        Raises:
            ValueError: its id or its shortcut is taken.
        """
        if command.id in self._commands:
            raise ValueError(f"the command {command.id!r} is there twice")
        taken = next((c for c in self if command.shortcut and c.shortcut == command.shortcut), None)
        if taken is not None:
            raise ValueError(f"{command.shortcut} belongs to {taken.id!r} already")
        self._commands[command.id] = command

    def trigger(self, id: str) -> bool:
        """Do a command if it can be done now; say whether it was."""
        command = self[id]
        if command.why_not():
            return False
        command.run()
        return True

    def search(self, text: str) -> list[Command]:
        """Return the commands that fit a search, best first; all of them for an empty one. Before
        all others comes what is called so, and then what is called so at the beginning.
        """
        if not text.strip():
            return [*self, *self.passing()]
        each = [*self, *self.passing(), *self._to_seek()]
        ranked = [(max(score(text, word) for word in _words(c)), c) for c in each]
        fitting = [(s, c) for s, c in ranked if s > 0]
        return [c for _, c in sorted(fitting, key=lambda pair: (-_called(text, pair[1]), -pair[0]))]


def _called(text: str, command: Command) -> int:
    """Return 2 where a command is called as was typed, 1 where it is at the beginning, else 0."""
    typed, title = text.strip().casefold(), command.title.removesuffix("…").casefold()
    return 2 if typed == title else int(title.startswith(typed))


def _words(command: Command) -> tuple[str, ...]:
    return (command.title, *command.aliases, f"{command.menu} {command.title}")


def score(text: str, target: str) -> float:
    """Return how well typed letters fit a title, 0 for not at all.

    The letters must appear in order. One that starts a word counts 3, another 1, and 2 more right
    after the letter before it; the best of all ways to place them counts, and of two titles that
    fit equally well the shorter wins.
    """
    wanted = text.lower().replace(" ", "")
    given = target.lower()
    best = {-1: 0.0}  # the place of the last letter so far -> the best score up to there
    for letter in wanted:
        reached: dict[int, float] = {}
        for at, found in enumerate(given):
            before = [
                total + (2.0 if 0 <= last == at - 1 else 0.0)
                for last, total in best.items()
                if last < at
            ]
            if found == letter and before:
                starts = at == 0 or given[at - 1] in " -"
                reached[at] = max(before) + (3.0 if starts else 1.0)
        if not reached:
            return 0.0
        best = reached
    return max(best.values()) / max(1, len(wanted)) + 1.0 / (10.0 + len(given))
