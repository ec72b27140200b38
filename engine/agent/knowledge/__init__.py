"""Search over what the app knows: its documents, papers in summary, past runs, uploaded files."""
