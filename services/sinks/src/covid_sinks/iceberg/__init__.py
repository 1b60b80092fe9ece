"""The lake: Apache Iceberg tables `metrics` (current rows) and `records` (the archive of the log)."""
