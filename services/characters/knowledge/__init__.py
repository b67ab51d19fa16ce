"""The knowledge base of characters: stores documents, splits them into passages, and finds passages by question."""
