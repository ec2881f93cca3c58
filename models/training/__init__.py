"""What every family needs to train and to resume exactly."""
