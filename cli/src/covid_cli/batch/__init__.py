"""Batch jobs, run as processes, and their outputs compared with the oracle."""
