"""Tableau: the extract, read back and compared, and the workbook beside it."""
