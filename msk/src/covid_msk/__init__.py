"""Signing in to Amazon MSK with IAM, for Kafka clients in Python."""
