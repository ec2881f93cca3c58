"""Sweeps: which settings take which values, and what their runs show. Without torch."""
