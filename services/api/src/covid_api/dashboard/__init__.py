"""The dashboard: one page, its modules and its words, served as they stand in `static`."""
