"""What classical classifiers share, and logistic regression, which metrics compare with."""
