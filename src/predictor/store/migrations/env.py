"""What Alembic runs to bring a database to a version: on the connection, and in the transaction, that it is given."""

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
