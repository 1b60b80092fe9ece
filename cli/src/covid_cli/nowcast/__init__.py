"""`covid nowcast`: the latest days as they will stand later, and how good that would have been."""
