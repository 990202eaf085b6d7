"""GET /robots.txt and the icon"""


def test_it_keeps_robots_to_the_content(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"].startswith("text/plain")
    assert "Disallow: /accounts/" in response.content.decode()


def test_it_says_where_the_sitemap_is(client):
    response = client.get("/robots.txt", secure=True)
    assert "\nSitemap: https://testserver/sitemap.xml\n" in response.content.decode()


def test_it_may_be_kept_by_anybody_and_asks_no_database(client):
    response = client.get("/robots.txt")
    assert response["Cache-Control"] == "public, max-age=86400"
    assert not response.cookies


def test_browsers_that_ask_for_favicon_ico_are_led_to_the_icon(client):
    assert client.get("/favicon.ico").url == "/static/icon.svg"
