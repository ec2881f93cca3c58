"""Every user action, once: the registry that feeds menus, toolbar, shortcuts and palette."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Command", "Registry"]


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
        within: the submenu of that in which it stands, "" for none.
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
    within: str = ""


class Registry:
    """Commands by id, in the order in which they were added. Some depend on what is selected: they
    are found by a search and in menus, after the others.
    """

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {}
        self._passing: list[Callable[[], list[Command]]] = []

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def __getitem__(self, id: str) -> Command:
        if id in self._commands:
            return self._commands[id]
        return next(each for each in self.passing() if each.id == id)

    def offer(self, commands: Callable[[], list[Command]]) -> None:
        """Add a provider of commands, called on demand."""
        self._passing.append(commands)

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
