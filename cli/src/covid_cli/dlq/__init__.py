"""`covid dlq`: what was refused, by records and by rows; looked at, replayed, dropped."""
