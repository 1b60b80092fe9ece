"""The streaming job on a Spark cluster of this machine, as EMR runs it."""
