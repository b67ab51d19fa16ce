"""The knowledge base of characters: documents are kept, read, cut into passages, and found by question."""
