"""A fake OpenID provider with one user, whom it signs in without asking.

It checks what a strict provider checks, and can be made to answer wrongly.
"""

import hashlib
import json
import time
from base64 import b64encode, urlsafe_b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

CLIENT_ID, CLIENT_SECRET = "cairn", "the client's secret"
KEY, OTHER_KEY = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
AUTH_METHODS = ["client_secret_post", "client_secret_basic", "private_key_jwt"]
DISCOVERY = "/.well-known/openid-configuration"


def public_jwk(key, kid):
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return jwk | {"kid": kid, "use": "sig", "alg": "ES256"}


class FakeOpenIDProvider(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.person = {
            "sub": "ada-1815",
            "email": "ada@school.example",
            "email_verified": True,
            "name": "Ada Lovelace",
        }
        # Whether the ID token holds the person's claims, or only the user info does.
        self.claims_in_id_token = True
        self.user_info_changes = {}
        # None removes a claim; a function gets the time and returns the claim.
        self.id_token_changes = {}
        self.metadata_changes = {}
        self.signing_key, self.kid, self.algorithm = KEY, "one", "ES256"
        self.keys = [public_jwk(KEY, "one")]
        self.answers = {}  # path to a function that answers instead
        self.requested = []  # paths
        self.codes = {}  # code to the query of the sign-in
        self.user_cancels = False
        self.delay = 0  # seconds before each answer

    def start(self):
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def app(self, **settings):
        """The settings of the provider, as accounts/provider_settings.py reads them."""
        defaults = {
            "server_url": self.url,
            "scope": ["openid", "profile", "email"],
            "oauth_pkce_enabled": True,
            "verified_email": [],
            "origins": [],
            "groups_claim": "groups",
            "site_roles": {"staff": [], "Editors": [], "Publishers": []},
        }
        return {
            "provider_id": self.url,
            "name": "Example School",
            "client_id": CLIENT_ID,
            "secret": CLIENT_SECRET,
            "settings": defaults | settings,
        }

    @property
    def metadata(self):
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": AUTH_METHODS,
        } | self.metadata_changes

    def authorize(self, url):
        """Sign the user in. Return the query with which the browser comes back."""
        query = dict(parse_qsl(urlsplit(url).query))
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert set(query["scope"].split()) == {"openid", "profile", "email"}
        if self.user_cancels:
            return {"error": "access_denied", "state": query["state"]}
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return {"code": code, "state": query["state"], "iss": self.url}

    def exchange(self, form):
        """Return the tokens for a code, once."""
        query = self.codes.pop(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        assert urlsafe_b64encode(digest).decode().rstrip("=") == query["code_challenge"]
        assert form["redirect_uri"] == query["redirect_uri"]
        claims = {
            "iss": self.url,
            "sub": self.person["sub"],
            "aud": CLIENT_ID,
            "iat": int(time.time()),
            "exp": int(time.time()) + 300,
            "nonce": query["nonce"],
        }
        if self.claims_in_id_token:
            claims |= self.person
        claims |= {
            name: change(claims["iat"]) if callable(change) else change
            for name, change in self.id_token_changes.items()
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        headers = {"kid": self.kid}
        key = None if self.algorithm == "none" else self.signing_key
        token = jwt.encode(claims, key, self.algorithm, headers)
        return {"access_token": "access", "token_type": "Bearer", "id_token": token}


class Handler(BaseHTTPRequestHandler):
    server: FakeOpenIDProvider

    def do_GET(self):
        self.answer({})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answer(dict(parse_qsl(body)))

    def answer(self, form):
        server, path = self.server, urlsplit(self.path).path
        server.requested.append(path)
        time.sleep(server.delay)
        if path in server.answers:
            server.answers[path](self)
        elif path == DISCOVERY:
            self.send_json(server.metadata)
        elif path == "/keys":
            self.send_json({"keys": server.keys})
        elif path == "/token":
            self.check_client(form)
            self.send_json(server.exchange(form))
        elif path == "/userinfo":
            assert self.headers["Authorization"] == "Bearer access"
            self.send_json(server.person | server.user_info_changes)
        elif path == "/authorize":
            query = dict(parse_qsl(urlsplit(self.path).query))
            back = urlencode(server.authorize(self.path))
            self.send_response(302)
            self.send_header("Location", f"{query['redirect_uri']}?{back}")
            self.end_headers()
        else:
            self.send_error(404)

    def check_client(self, form):
        """The client authenticates in the first way that the metadata allow."""
        methods = self.server.metadata["token_endpoint_auth_methods_supported"]
        if methods == ["client_secret_post"]:
            sent = form["client_id"], form["client_secret"]
            assert sent == (CLIENT_ID, CLIENT_SECRET)
        else:
            credentials = f"{CLIENT_ID}:{quote_plus(CLIENT_SECRET)}".encode()
            expected = f"Basic {b64encode(credentials).decode()}"
            assert self.headers["Authorization"] == expected
            assert "client_secret" not in form

    def send_json(self, data, status=200):
        self.send_text(json.dumps(data), status)

    def send_text(self, text, status=200):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def drip(self):
        """Send a byte of the answer every now and then, without an end."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            for _ in range(200):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.02)
        except OSError:
            pass  # the client has given up

    def log_message(self, *args):
        pass
