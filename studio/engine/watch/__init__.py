"""Watch a training: records, evaluations, curves, schedules."""
