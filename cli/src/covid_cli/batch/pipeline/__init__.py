"""`covid batch pipeline`: the backfill as a definition of AWS Data Pipeline."""
