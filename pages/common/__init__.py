"""What the pages share: theme, controls, live components, charts and states."""
