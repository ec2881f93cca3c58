"""The two clocks: training time and flow time. One cursor moves every view together."""

from PySide6.QtCore import QObject, Signal

__all__ = ["Playback"]


class Playback(QObject):
    """Where the person is looking.

    ``step`` is a kept training step, or None to follow the newest (live); ``touring`` goes from one
    kept step to the next. ``flow`` is the flow time in [0, 1]. ``playing`` moves the flow clock at
    ``speed`` flow times a second; with ``loop`` it starts again at 0, with ``ping_pong`` as well it
    runs back to 0 first. ``idle`` says why it moves nothing of what is seen, "" where it does.
    ``compares`` is whether runs are seen side by side: the clocks drive each that has them.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.step: int | None = None
        self.flow: float = 1.0
        self.playing: bool = False
        self.speed: float = 0.25
        self.loop: bool = True
        self.ping_pong: bool = False
        self.touring: bool = False
        self.idle: str = ""
        self.compares: bool = False

    @property
    def live(self) -> bool:
        """Whether the newest training step is followed."""
        return self.step is None

    @property
    def is_idle(self) -> bool:
        """Whether the newest is followed and the flow is at its end, or moves nothing that is seen:
        only the training moves.
        """
        ended = not self.playing and self.flow >= 1.0
        return self.live and (ended or bool(self.idle))

    @property
    def smooth(self) -> bool:
        """Whether pictures move over from one training step to the next: the training is followed,
        or played from step to step, while the flow clock stands.
        """
        return (self.live or self.touring) and not self.playing

    def next_repeat(self) -> None:
        """Go from loop to ping-pong, from there to playing once, and back to loop."""
        self.set(loop=not self.ping_pong, ping_pong=self.loop and not self.ping_pong)

    def set(self, **values: object) -> None:
        """Change some of what is said above; one signal if anything differs."""
        before = dict(vars(self))
        for name, value in values.items():
            if name not in before:
                raise AttributeError(f"the playback has no {name!r}")
            setattr(self, name, value)
        self.flow = min(1.0, max(0.0, self.flow))
        if before != dict(vars(self)):
            self.changed.emit()
