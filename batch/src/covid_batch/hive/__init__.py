"""Hive: physical tables out of publishers' files by a notebook, and their queries through HiveServer2."""
