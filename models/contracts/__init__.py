"""What everything else is written against: batches, specs, learners, families, abilities."""
