"""Hive on this machine: the notebook executed, its tables served and asked."""
