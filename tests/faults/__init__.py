"""Faults injected into a whole stack under load, after which every store must hold what the log says."""
