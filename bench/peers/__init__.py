"""The same job in other frameworks: records in, changed rows out, by the same code of the core."""
