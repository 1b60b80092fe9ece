"""The relational stores: one adapter (`sink.py`), and a dialect for each database."""
