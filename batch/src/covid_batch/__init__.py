"""The stream's numbers by batch: shared Spark transforms around `covid_core`, and a module a platform."""
