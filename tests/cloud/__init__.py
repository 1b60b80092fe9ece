"""Templates of `cloud/`: what they allow, what they make."""
