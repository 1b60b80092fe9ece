"""What composition roots give a process besides its work: probes, and tokens for Amazon MSK."""
