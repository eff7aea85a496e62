"""The terminal chat: it draws what the core says and decides nothing."""
