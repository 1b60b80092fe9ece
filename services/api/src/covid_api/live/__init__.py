"""Rows as they change: one reader of `covid.metrics` a process, and any number of listeners."""
