"""The streaming job: decode, keep state, call covid_core, encode."""
