"""A container engine and images for tests."""
