"""Systems of their own. They come first: beside the one that the other tests share they would all be slow."""
