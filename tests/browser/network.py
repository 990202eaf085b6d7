"""Helpers that make a page's requests fail, lose their answer or wait."""

TICKS = "**/progress/**"


def fail_requests(page, pattern, status=500, times=None):
    """Answer requests with `status`; 0 closes the connection without an answer."""

    def answer(route):
        if status:
            route.fulfill(status=status, body="<h1>Not what you asked for</h1>")
        else:
            route.abort("connectionreset")

    page.route(pattern, answer, times=times)


def lose_next_answer(page, pattern):
    """Let the next request reach the server, but lose the server's answer."""

    def lose(route):
        route.fetch()
        route.abort("connectionreset")

    page.route(pattern, lose, times=1)


def slow_down(page):
    """Give the page the connection of Lighthouse's slow phone."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    conditions = {
        "offline": False,
        "latency": 150,  # milliseconds
        "downloadThroughput": 200_000,  # bytes per second
        "uploadThroughput": 90_000,
    }
    session.send("Network.emulateNetworkConditions", conditions)


def hold_first_request(page, pattern):
    """Hold the first request back. Returns a list that will contain its route."""
    routes = []
    page.route(pattern, lambda route: routes.append(route), times=1)
    return routes
