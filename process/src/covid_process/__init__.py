"""What composition roots give a process besides its work: probes, its lag, and tokens for Amazon MSK."""
