"""`covid up`: start the stack, publish, watch the rows arrive, verify, and serve."""
