"""`covid query`, `covid chart` and `covid delete`: the running API from the command line."""
