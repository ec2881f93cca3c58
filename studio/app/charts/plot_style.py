"""The colours a drawing needs, apart from the theme: the same drawing can be exported in any."""

from dataclasses import dataclass

from pushforward.studio.app.design.tokens import Identity, Tokens

__all__ = ["CanvasStyle"]


@dataclass(frozen=True)
class CanvasStyle:
    """Colours as "#rrggbb"; strengths are alphas in [0, 1]; ``identity`` tells particles apart."""

    background: str
    panel: str
    line: str
    text: str
    muted: str
    accent: str
    warm: str
    good: str
    cold_heat: str
    warm_heat: str
    target: str
    dark: bool
    heat: float
    arrows: float
    identity: Identity

    @classmethod
    def of(cls, tokens: Tokens) -> "CanvasStyle":
        """Return the style that belongs to a theme."""
        dark = tokens.name == "dark"
        return cls(
            background=tokens.background,
            panel=tokens.panel,
            line=tokens.line,
            text=tokens.text,
            muted=tokens.muted,
            accent=tokens.accent,
            warm=tokens.warm,
            good=tokens.good,
            cold_heat="#2f6fae" if dark else "#4f9be0",
            warm_heat="#c0692c" if dark else "#f0a04b",
            target="#8b929d" if dark else "#7b838f",
            dark=dark,
            heat=0.42 if dark else 0.36,
            arrows=0.55 if dark else 0.5,
            identity=tokens.identity,
        )
