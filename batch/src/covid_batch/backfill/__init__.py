"""History filled in beside the running stream, and a lost log refilled."""
