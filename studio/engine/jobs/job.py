"""What a job is: a generator that the main thread steps, so that pausing is not stepping."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Generator, Sequence
from typing import ClassVar, TypeAlias

from pushforward.studio.protocol.messages import ErrorInfo, JobInfo
from pushforward.studio.protocol.spec import RunSpec

__all__ = ["ENDED", "Job", "Work"]

Work: TypeAlias = Generator[bool, None, None]

ENDED = frozenset({"finished", "cancelled", "failed"})


class Job(ABC):
    """One piece of work.

    Attributes:
        kind: as in `studio.protocol.messages.JobInfo`.
        lane: jobs of one lane are done one after the other, and lanes side by side: "training",
            "files" (imports, and rows that are written), and "short" for all else.
        requests: what may be asked of it between two steps, besides pause, resume, step, cancel.
        job: its name in the protocol.
        state: "queued", "running", "paused", one of `ENDED`, or "interrupted" with its window; only
            the queue changes it.
        asked: requests that wait, each an action and a number.
        answering: whether a request is being answered; then a paused job is stepped all the same.
        save_on_stop: whether closing the generator saves what was done so far.
        race: the job of the race that steps it, "" for a job that the queue steps itself.
    """

    kind: str
    lane: ClassVar[str] = "short"
    requests: ClassVar[frozenset[str]] = frozenset()
    race = ""

    def __init__(self, job: str, title: str, run: str = "") -> None:
        self.job = job
        self.title = title
        self.run = run
        self.state = "queued"
        self.step = 0
        self.total = 0
        self.error: ErrorInfo | None = None
        self.asked: deque[tuple[str, int]] = deque()
        self.answering = False
        self.save_on_stop = True

    @property
    def info(self) -> JobInfo:
        """The job as everybody sees it."""
        return JobInfo(
            job=self.job,
            kind=self.kind,
            state=self.state,
            title=self.title,
            run=self.run,
            step=self.step,
            total=self.total,
            family=self.spec.family.slug if self.spec else "",
            spec=self.spec,
            error=self.error,
            race=self.race,
        )

    @property
    def parts(self) -> "Sequence[Job]":
        """The jobs that it steps, which have names and states of their own."""
        return ()

    @property
    def spec(self) -> RunSpec | None:
        """The spec of the training that the job is or works on, where there is one."""
        return None

    @property
    def busy_paused(self) -> bool:
        """Whether there is something to do although the job is paused."""
        return self.answering or bool(self.asked)

    @abstractmethod
    def work(self) -> Work:
        """Do the work as a generator.

        Yields True after each step and False in between, every few tens of milliseconds, so that
        the engine stays responsive. Waiting requests are answered between two steps, with
        ``answering`` set; closing the generator stops the work.
        """

    def drop(self, part: "Job") -> None:
        """Cancel one of ``parts``; the others go on."""
        raise ValueError(f"a job of kind {self.kind} has no parts")

    def ask(self, action: str, n: int = 1) -> None:
        """Queue a request for the time between two steps; ``action`` is one of ``requests`` or
        "flush".
        """
        self.asked.append((action, n))

    @abstractmethod
    def settle(self) -> None:
        """Write the state of the job to its files; called at each change of state. A state of
        `ENDED` comes last and frees memory.
        """
