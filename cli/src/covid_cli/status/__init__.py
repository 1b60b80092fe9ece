"""`covid status`: what runs, how far it is, and how an ordinary client connects to each store."""
