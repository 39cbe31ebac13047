"""Runs the migrations on the connection that `worker.store.schema` hands over."""

from alembic import context
from sqlmodel import SQLModel

import worker.store.tables  # noqa: F401 - registers the tables for comparison

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
