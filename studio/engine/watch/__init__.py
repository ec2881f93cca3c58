"""What is seen of a training: records, evaluations, curves, schedules."""
