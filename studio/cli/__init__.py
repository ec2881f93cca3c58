"""The command line: one file a command. Each is light to import and loads what it needs late."""
