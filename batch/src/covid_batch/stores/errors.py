"""What ends a job with one sentence."""

from __future__ import annotations


class Unusable(ValueError):
    """Something given that a job cannot use. The text says where it is and what to do."""
