"""The address of a folder on another computer, written as scp writes it: ``gpu-server:work``."""

from dataclasses import dataclass

from pushforward.studio.launchers.ssh import DEFAULT_COMMAND, SshLauncher

__all__ = ["Address", "parse_address"]

DEFAULT_FOLDER = "~/pushforward-runs"


@dataclass(frozen=True)
class Address:
    """A computer and a folder there."""

    host: str
    folder: str

    def launcher(self, remote: str = "", options: tuple[str, ...] = ()) -> SshLauncher:
        """Return what reaches the engine of the folder.

        Raises:
            ValueError: the host or the folder is empty, or the host looks like an option.
        """
        return SshLauncher(self.host, self.folder, remote or DEFAULT_COMMAND, options)


def parse_address(text: str) -> Address:
    """Parse ``HOST`` or ``HOST:FOLDER``; a relative folder is one of the home folder there."""
    host, _, folder = text.partition(":")
    folder = folder or DEFAULT_FOLDER
    if not folder.startswith(("/", "~")):
        folder = f"~/{folder}"
    return Address(host, folder)
