"""`covid stream`: what the streaming job does, micro-batch by micro-batch."""
