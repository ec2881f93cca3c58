"""What a trained model can do: one file an operator, found by discovery."""
