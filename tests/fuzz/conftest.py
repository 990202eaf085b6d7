import pytest

from tests.fuzz.site import IS_DRILL, FuzzedSite


@pytest.fixture
def fuzzed_site(db, capsys):
    site = FuzzedSite()
    yield site
    if IS_DRILL:
        with capsys.disabled():
            print(f"\n{site.describe()}")
