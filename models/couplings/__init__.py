"""Which noise goes with which datum: what a flow is taught to join."""
