"""A stand-in for GitHub: it signs in the one person that it knows, and asks nothing."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter

TOKEN = "a token of the stand-in"


class StandIn(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.emails = [{"email": "ada@example.com", "primary": True, "verified": True}]
        self.cancels = False

    def stand_in(self, monkeypatch, settings):
        """Take the place of GitHub, from now on, for allauth."""
        Thread(target=self.serve_forever, daemon=True).start()
        keys = {"client_id": "the id", "secret": "the secret"}
        settings.SOCIALACCOUNT_PROVIDERS = {"github": {"APP": keys}}
        for name, path in {
            "authorize_url": "/login/oauth/authorize",
            "access_token_url": "/login/oauth/access_token",
            "profile_url": "/api/v3/user",
            "emails_url": "/api/v3/user/emails",
        }.items():
            monkeypatch.setattr(GitHubOAuth2Adapter, name, self.url + path)


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/login/oauth/authorize":
            return self.lead_back(parse_qs(url.query))
        if self.headers["Authorization"] != f"token {TOKEN}":
            return self.send_error(401)
        if url.path == "/api/v3/user":
            return self.answer({"id": 1815, "login": "ada", "email": None})
        return self.answer(self.server.emails)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        assert parse_qs(body)["code"] == ["the code"]
        self.answer({"access_token": TOKEN, "token_type": "bearer"})

    def lead_back(self, query):
        outcome = (
            {"error": "access_denied"} if self.server.cancels else {"code": "the code"}
        )
        back = query["redirect_uri"][0]
        self.send_response(302)
        self.send_header(
            "Location", f"{back}?{urlencode(outcome | {'state': query['state'][0]})}"
        )
        self.end_headers()

    def answer(self, data):
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass
