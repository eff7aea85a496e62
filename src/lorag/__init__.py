"""lorag answers questions from the user's own files with a local model, and learns from their examples."""
