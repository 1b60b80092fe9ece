"""One runner and four small adapters, one store each."""
