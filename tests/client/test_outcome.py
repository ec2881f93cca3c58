"""One sentence for each way to end."""

import pytest

from pushforward.studio.client.outcome import STDERR_KEPT, ProcessOutcome, StderrTail
from pushforward.studio.client.transport import ProcessExit

TRACEBACK = 'Traceback (most recent call last):\n  File "x"\nRuntimeError: no luck\n'


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        (ProcessOutcome(ProcessExit(status=0), asked=True), "The engine shut down."),
        (ProcessOutcome(ProcessExit(signal=9)), "killed (SIGKILL), perhaps because the machine"),
        (ProcessOutcome(ProcessExit(signal=11)), "crashed in native code (SIGSEGV)"),
        (ProcessOutcome(ProcessExit(signal=10**4)), "ended by signal 10000"),
        (ProcessOutcome(ProcessExit(status=0)), "exited unexpectedly"),
        (ProcessOutcome(ProcessExit(status=3)), "ended with status 3."),
        (ProcessOutcome(ProcessExit(status=1), TRACEBACK), "(RuntimeError: no luck)."),
        (ProcessOutcome(ProcessExit(status=1), "a warning"), "ended with status 1."),
        (
            ProcessOutcome(ProcessExit(signal=9), reason="it hung"),
            "The engine was stopped: it hung.",
        ),
    ],
)
def test_sentences(outcome: ProcessOutcome, sentence: str) -> None:
    assert sentence in outcome.sentence
    assert outcome.sentence.count(". ") == 0
    assert outcome.error().kind == "engine"


def test_the_tail_keeps_the_last_bytes() -> None:
    tail = StderrTail()
    for i in range(3000):
        tail.feed(f"line {i}\n".encode())
    assert tail.text().endswith("line 2999")
    assert STDERR_KEPT - 10 < len(tail.text()) <= STDERR_KEPT


def test_a_character_cut_in_two_is_no_error() -> None:
    tail = StderrTail(3)
    tail.feed("ab√".encode())
    tail.feed(b"c")
    assert tail.text().endswith("c")


def test_the_last_words_of_an_interpreter_with_several_threads_are_kept_from_their_beginning() -> (
    None
):
    tail = StderrTail()
    tail.feed(b"Fatal Python error: Aborted\n\n")
    for thread in range(3):
        tail.feed(f"Thread 0x00007f2a9ffff6{thread} (most recent call first):\n".encode())
        for frame in range(25):
            tail.feed(
                f'  File "/opt/pushforward/lib/module_{frame}.py", line 1 in _load\n'.encode()
            )
    assert tail.text().startswith("Fatal Python error: Aborted")
