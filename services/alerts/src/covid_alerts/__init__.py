"""The alerts: rules over the rows, and who is told of what follows."""
