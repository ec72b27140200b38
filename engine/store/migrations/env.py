"""What Alembic runs: the migrations, on the connection that `engine.store.migrate` hands over."""

from alembic import context

from engine.store.schema import metadata

# one transaction for all of them: a schema is of one version or the other, never between
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata,
                  transactional_ddl=True, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()
