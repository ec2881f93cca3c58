"""Where engines run: this computer, or another one through ssh."""
