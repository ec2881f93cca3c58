"""What opens over a page to choose one of many: a search, the choices, and a closer look at one."""
