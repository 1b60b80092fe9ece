"""The servers of the embedded stack, one module each: how to start it and how to see that it works."""
