"""The offline planner: a small model in here that turns words into calls. It is not an LLM."""
