"""Alerts: rules as values, what they look at, and the alerts that follow, as a pure function of both."""
