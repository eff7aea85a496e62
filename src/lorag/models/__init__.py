"""GGUF files: where they are, what they hold, and how to fetch known ones."""
