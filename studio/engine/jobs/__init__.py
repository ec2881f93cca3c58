"""What the engine works on, one at a time: training, sampling, evaluating, importing."""
