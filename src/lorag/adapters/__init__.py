"""LoRA adapters on disk: a folder with a GGUF and a manifest."""
