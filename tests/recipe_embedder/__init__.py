"""Claims about the recipe of the built-in embedder."""
