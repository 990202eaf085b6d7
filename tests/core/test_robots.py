"""GET /robots.txt and the icon"""


def test_robots_may_not_visit_account_pages(client):
    response = client.get("/robots.txt")
    assert response["Content-Type"].startswith("text/plain")
    assert "Disallow: /accounts/" in response.content.decode()


def test_it_names_the_sitemap(client):
    response = client.get("/robots.txt", secure=True)
    assert "\nSitemap: https://testserver/sitemap.xml\n" in response.content.decode()


def test_it_is_public_for_a_day_and_needs_no_database(client):
    response = client.get("/robots.txt")
    assert response["Cache-Control"] == "public, max-age=86400"
    assert not response.cookies


def test_favicon_ico_redirects_to_the_icon(client):
    assert client.get("/favicon.ico").url == "/static/icon.svg"
