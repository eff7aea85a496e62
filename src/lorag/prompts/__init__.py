"""What a model is shown: one layout for chat and for training."""
