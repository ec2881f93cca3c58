"""The papers' claims as experiments with a pass line, one file a group; `pushforward verify`."""
