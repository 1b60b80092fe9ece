"""`covid doctor`: whether this machine can run the stack, whether the stack is well, and what to do."""
