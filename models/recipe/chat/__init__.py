"""The recipe of the built-in chat model: from the corpus to a GGUF file."""
