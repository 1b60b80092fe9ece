"""`covid alerts`: what rules say, and what they would have said."""
