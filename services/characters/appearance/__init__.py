"""What a page shows of a character, and which pages may show it."""
