"""A fake GitHub with one user, whom it signs in without asking."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter

ACCESS_TOKEN = "the access token"


class FakeGitHub(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.emails = [{"email": "ada@example.com", "primary": True, "verified": True}]
        self.user_cancels = False

    def replace_github(self, monkeypatch, settings):
        """Start the server, and make allauth use it instead of GitHub."""
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
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
    server: FakeGitHub

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/login/oauth/authorize":
            return self.redirect_back(parse_qs(url.query))
        if self.headers["Authorization"] != f"token {ACCESS_TOKEN}":
            return self.send_error(401)
        if url.path == "/api/v3/user":
            return self.send_json({"id": 1815, "login": "ada", "email": None})
        return self.send_json(self.server.emails)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        assert parse_qs(body)["code"] == ["the code"]
        self.send_json({"access_token": ACCESS_TOKEN, "token_type": "bearer"})

    def redirect_back(self, query):
        if self.server.user_cancels:
            parameters = {"error": "access_denied"}
        else:
            parameters = {"code": "the code"}
        parameters["state"] = query["state"][0]
        self.send_response(302)
        url = f"{query['redirect_uri'][0]}?{urlencode(parameters)}"
        self.send_header("Location", url)
        self.end_headers()

    def send_json(self, data):
        body = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass
