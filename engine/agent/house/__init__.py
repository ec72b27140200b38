"""The house's own tools: what the agent can do with the other systems and their figures."""
