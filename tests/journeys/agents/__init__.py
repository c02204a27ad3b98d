"""Other programs than Python's client ask the running app: agents over MCP, and JavaScript."""
