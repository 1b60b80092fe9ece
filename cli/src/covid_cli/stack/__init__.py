"""The embedded stack: Kafka, SeaweedFS, DynamoDB Local, PostgreSQL and our services, without Docker."""
