import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from engine.errors import StoreError
from engine.store import open_store
from engine.store.migrate import config, migrate
from engine.store.schema import metadata


@pytest.fixture
def empty(any_url, tmp_path):
    """A connection to an empty database, without a store around it."""
    engine = sa.create_engine(any_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_migrations_lead_to_the_schema_of_the_code(empty):
    migrate(empty, "here")
    differences = compare_metadata(
        MigrationContext.configure(empty, opts={"compare_type": True}), metadata)
    assert differences == []


def test_migrating_twice_changes_nothing(empty):
    migrate(empty, "here")
    tables = sa.inspect(empty).get_table_names()
    migrate(empty, "here")
    assert sa.inspect(empty).get_table_names() == tables


def test_down_and_up_again(empty):
    migrate(empty, "here")
    command.downgrade(config(empty), "base")
    assert sa.inspect(empty).get_table_names() == ["alembic_version"]
    migrate(empty, "here")
    assert {"run", "series", "chunk", "points", "event"} < set(
        sa.inspect(empty).get_table_names())


def test_what_an_older_program_recorded_stays(any_url):
    engine = sa.create_engine(any_url)
    with engine.begin() as connection:
        command.upgrade(config(connection), "0001")
        connection.execute(sa.text(
            "INSERT INTO run (domain, label, seed, parameters, started_at, outcome, note,"
            " code_commit, environment, owner) VALUES ('go', 'old', 3, '{\"a\": 1}',"
            " '2026-01-02 03:04:05', 'finished', '', 'c', '{}', 0)"))
    engine.dispose()
    store = open_store(any_url)
    (old,) = store.runs()
    assert (old.label, old.seed, old.parameters, old.step_s) == ("old", 3, {"a": 1}, None)
    new = store.begin_run("go", {}, 1, step_s=2.0)
    assert new > old.id
    assert store.run(new).step_s == 2.0
    store.close()


def test_strangers_and_newer_schemas_are_left_alone(empty):
    empty.execute(sa.text("CREATE TABLE theirs (x INTEGER)"))
    with pytest.raises(StoreError, match=r"here holds tables of another program \(theirs"):
        migrate(empty, "here")
    empty.execute(sa.text("DROP TABLE theirs"))
    migrate(empty, "here")
    empty.execute(sa.text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(StoreError, match="here has schema '0999'"):
        migrate(empty, "here")
