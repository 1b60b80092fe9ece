"""The covid command and the embedded stack."""
