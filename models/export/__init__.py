"""The networks of a trained model as plain tensor functions, for use outside this product."""
