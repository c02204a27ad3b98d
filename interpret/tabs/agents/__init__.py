"""What agents ask the app through: the endpoints as MCP tools, and llms.txt."""
