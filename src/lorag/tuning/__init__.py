"""From a person's examples to an adapter for the model they chat with."""
