"""Engines that outlive a connection: a host that keeps one, and a bridge of pipes to it."""
