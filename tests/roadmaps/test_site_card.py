"""GET /card.png"""

from io import BytesIO

from PIL import Image


def test_it_is_a_picture_that_anybody_may_keep_and_asks_no_database(client):
    response = client.get("/card.png")
    assert Image.open(BytesIO(response.content)).size == (1200, 630)
    assert response["Cache-Control"] == "public, max-age=86400"
    assert not response.cookies


def test_a_post_is_405(client):
    assert client.post("/card.png").status_code == 405
