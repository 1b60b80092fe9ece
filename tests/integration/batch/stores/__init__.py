"""The jobs on relational stores, on servers of the embedded stack."""
