"""One turn of a conversation: retrieve, prompt, generate, verify, save; it yields events and draws nothing."""
