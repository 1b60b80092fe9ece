"""What composition roots give a process besides its work: probes, its consumer lag, and tokens for Amazon MSK."""
