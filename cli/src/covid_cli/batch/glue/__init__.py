"""AWS Glue on this machine: its catalog in the emulator, its job by Spark."""
