"""`covid query` and `covid delete`: the running API from the command line."""
