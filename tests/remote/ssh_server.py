"""A real sshd on the loopback, with keys and settings of its own."""

import getpass
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from pushforward.studio.launch import own_command

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
MISSING = "openssh-server is not installed" if SSHD is None else ""


class SshServer:
    """An sshd of this account. ``options`` make ssh reach it as ``host``, without ~/.ssh."""

    host = "loopback"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        for name in ("host_key", "user_key"):
            key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(key, check=True)
        shutil.copy(folder / "user_key.pub", folder / "authorized")
        public = (folder / "host_key.pub").read_text().split()[:2]
        (folder / "known").write_text(f"[127.0.0.1]:{self.port} {' '.join(public)}\n")
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\n"
            f"AuthorizedKeysFile {folder}/authorized\nPidFile none\nUsePAM no\nStrictModes no\n"
            "PasswordAuthentication no\nPermitRootLogin yes\n"
        )
        (folder / "config").write_text(
            f"Host {self.host}\n HostName 127.0.0.1\n Port {self.port}\n"
            f" User {getpass.getuser()}\n IdentityFile {folder}/user_key\n IdentitiesOnly yes\n"
            f" UserKnownHostsFile {folder}/known\n StrictHostKeyChecking yes\n"
        )
        self.options = ("-F", str(folder / "config"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        assert SSHD is not None
        command = [SSHD, "-D", "-e", "-f", str(self.folder / "sshd_config")]
        Path("/run/sshd").mkdir(exist_ok=True) if getpass.getuser() == "root" else None
        with (self.folder / "sshd.log").open("wb") as log:
            self._process = subprocess.Popen(command, stderr=log, stdout=log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self._process.poll() is None, (self.folder / "sshd.log").read_text()
            time.sleep(0.05)
        raise AssertionError("sshd does not listen")

    def stop(self) -> None:
        """Stop it; connections stay."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def drop_connections(self) -> None:
        """Kill the server's processes of all connections, as if the network were gone."""
        import psutil

        assert self._process is not None
        for each in psutil.Process(self._process.pid).children(recursive=True):
            if each.name().startswith("sshd"):  # not what runs in the connection
                each.kill()


@contextmanager
def ssh_server(folder: Path) -> Iterator[SshServer]:
    """Run an sshd in a folder."""
    server = SshServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def remote_engine(home: Path) -> str:
    """The command of an engine of this code with its files in ``home``, for a shell."""
    words = own_command("engine")
    code = Path(__file__).resolve().parents[2]
    return f"PUSHFORWARD_HOME={home} PYTHONPATH={code} {shlex.join(words)}"


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if sys.platform == "win32":
    MISSING = "an engine that outlives its connection needs Unix sockets"
