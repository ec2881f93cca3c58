"""Classical classifiers of numbers (n, d): what any network has to beat."""
