"""The process that reads files, as the engine starts it, asked again and again."""

import os
import subprocess
import sys
from pathlib import Path

from pushforward.studio.formats.worker import Ended, Inspect, Inspected, Opened, Read, Refusal, Some
from pushforward.studio.launch import own_env
from pushforward.studio.protocol.wire import Decoder, encode

__all__ = ["Crash", "Worker"]

SECONDS = 5  # of computing for one file: they are small
PROGRAM = f"""
import pushforward.studio.formats.worker as worker
worker.seconds_for = lambda paths: {SECONDS}
worker.main()
"""


class Crash(Exception):
    """The process was ended by a signal: a fault of a library that is not ours, or its limit."""


class Worker:
    """One process as long as it lasts, then another."""

    def __init__(self, errors: Path) -> None:
        self._errors = errors
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: Inspect | Read) -> Inspected | Ended | Refusal:
        """Return the last answer to a request; blocks of rows are let go.

        Raises:
            Crash: there is none, since the process was ended by a signal.
            AssertionError: there is none, since our own code failed.
        """
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        decoder = Decoder(Inspected | Opened | Some | Ended | Refusal)
        process.stdin.write(b"".join(encode(request)))
        process.stdin.flush()
        while data := os.read(process.stdout.fileno(), 2**20):
            for answer, _ in decoder.feed(data):
                if isinstance(answer, Inspected | Ended | Refusal):
                    return answer
        code = process.wait()
        self.close()
        if code < 0:
            raise Crash(f"signal {-code}")
        raise AssertionError(self._errors.read_text(errors="replace")[-4000:])

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> "subprocess.Popen[bytes]":
        env = {**own_env(), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        with open(self._errors, "wb") as errors:
            return subprocess.Popen(
                [sys.executable, "-c", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=env,
            )
