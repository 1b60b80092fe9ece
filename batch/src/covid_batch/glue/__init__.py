"""AWS Glue: files where its crawlers find them, tables as these make them, and the job's own tables."""
