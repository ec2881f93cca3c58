"""Pushforward Studio: generative models that move particles."""
