"""Tableau: rows that a batch job wrote, as an extract (`.hyper`) made by Tableau's own engine."""
