"""`covid batch run-all`: every platform in turn, and a table of what came of it."""
