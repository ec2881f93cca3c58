"""The engine as a process: streams, commands, failures, devices."""
