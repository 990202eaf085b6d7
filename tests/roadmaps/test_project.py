"""GET /projects/<name>.zip"""

from io import BytesIO
from zipfile import ZipFile

import pytest

PATH = "/projects/shelf.zip"


@pytest.fixture
def archive(client):
    return ZipFile(BytesIO(client.get(PATH).content))


def test_it_unpacks_to_a_folder_of_its_own(archive):
    names = archive.namelist()
    assert "shelf-project/check.py" in names
    assert all(name.startswith("shelf-project/") for name in names)
    assert not any("_cache" in name or "__pycache__" in name for name in names)


def test_programs_can_be_started(archive):
    for name in archive.namelist():
        is_program = archive.read(name).startswith(b"#!")
        mode = archive.getinfo(name).external_attr >> 16
        assert mode == (0o755 if is_program else 0o644), name


def test_it_is_the_same_for_everybody(client, admin_client):
    responses = [each.get(PATH) for each in (client, admin_client)]
    assert responses[0].content == responses[1].content
    assert responses[0]["Content-Type"] == "application/zip"
    assert "attachment" in responses[0]["Content-Disposition"]
    assert not responses[0].cookies


@pytest.mark.parametrize("name", ["nope", "..", "shelf/..", "%2e%2e"])
def test_an_unknown_project_is_404(client, name):
    assert client.get(f"/projects/{name}.zip").status_code == 404


def test_it_can_only_be_read(client):
    assert client.post(PATH).status_code == 405
