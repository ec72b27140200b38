"""Alembic's folder: one file a schema version, applied when a store is opened."""
