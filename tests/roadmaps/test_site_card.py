"""GET /card.png"""

from io import BytesIO

from PIL import Image


def test_it_is_publicly_cacheable_and_needs_no_database(client):
    response = client.get("/card.png")
    assert Image.open(BytesIO(response.content)).size == (1200, 630)
    assert response["Cache-Control"] == "public, max-age=86400"
    assert not response.cookies


def test_a_post_is_405(client):
    assert client.post("/card.png").status_code == 405
