"""`covid verify`: recomputes every row from the log with SQL and compares it with what each store holds."""
