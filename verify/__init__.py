"""Claims: a setup, a pass line and null models that must fail it; `pushforward verify`."""
