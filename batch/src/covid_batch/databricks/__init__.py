"""Databricks: its notebook, run cell by cell by the Spark of this machine."""
