"""What the latest days' counts will have become once reports have settled: docs/adr/0014."""
