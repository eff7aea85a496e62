"""One SQLite file with documents, indexes and chats; the only SQL in lorag."""
