"""The warehouse: rows from S3 by COPY, analysis queries, and UNLOAD back to S3."""
