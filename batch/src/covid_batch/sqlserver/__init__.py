"""The relational store: tables with keys and views, imported from CSV in S3, and queries in T-SQL."""
