"""What the jobs on relational stores share: rows in, statements of `sql/`, answers out."""
