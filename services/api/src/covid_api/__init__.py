"""The HTTP service: query, insert, correct, delete and undo. Reads DynamoDB, writes only the log."""
