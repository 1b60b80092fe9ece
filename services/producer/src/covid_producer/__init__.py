"""Reads the publishers' files and publishes records."""
