import psycopg
import pytest
from django.db import connection

from tests.production import get_database_url


@pytest.fixture
def other_connection(transactional_db):
    """A connection to the test database that does not belong to Django."""
    with psycopg.connect(get_database_url(connection.settings_dict)) as other:
        yield other
        other.rollback()
