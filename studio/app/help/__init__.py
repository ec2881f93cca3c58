"""Help: pages as text, how they look on the screen, and pages made from the catalogue."""
