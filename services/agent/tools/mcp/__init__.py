"""Tools of the kind `mcp`: functions of the character's MCP servers (contract 7.5, 14.8)."""
