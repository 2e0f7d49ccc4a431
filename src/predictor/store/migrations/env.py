"""What Alembic runs to migrate a database, on the connection and in the transaction of the caller."""

from alembic import context

from predictor.store.schema import META, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=META,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
