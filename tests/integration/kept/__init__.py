"""Broker's disks and checkpoints of releases, which later ones must go on from."""
