"""Who may ask: every request passes here before anything else looks at it.

The page shows what somebody trains, and other programs of this machine, other people on it and any
web page open in the browser can reach a port of it. So a request must name this machine as its
host (a web page that points its own name here is refused), come from the page itself where it says
where it comes from, only read, carry nothing, and know the key.

The key comes in the address once. The answer to that sets a cookie that scripts cannot read and
that other sites do not send. Browsers send cookies to every port of a host; so everything lies
under a path that only this server has, and the cookie is for that path.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "torchatlas"
LONGEST_TARGET = 8_192
"""Bytes of path and query."""

LARGEST_HEAD = 16_384
"""Bytes of all headers."""

_HOST = re.compile(r"(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""What every answer says: the page may reach nothing but this server, and nobody may frame it."""


class Guard:
    """Lets those requests through to an application that may have an answer.

    Attributes:
        base: the path under which everything lies, `/…/`.
    """

    def __init__(self, application: Asgi, token: str, base: str) -> None:
        """Guard an application by a key.

        Args:
            token: the key; whoever has it sees everything.
            base: as `base_path` gives it.
        """
        self.base = base
        self._application = application
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the application answer it."""
        if scope["type"] != "http":
            return
        refusal = _refusal(scope) or self._unknown(scope)
        if refusal is not None:
            await _refuse(refusal, scope, send)
            return
        headers = dict(HEADERS)
        if self._asked_token(scope) is not None:
            value = f"{COOKIE}={self._token.decode()}; Path={self.base}; HttpOnly; SameSite=Strict"
            headers["set-cookie"] = value
        await self._application(scope, receive, _with_headers(send, headers))

    def _unknown(self, scope: Scope) -> tuple[int, str] | None:
        asked = self._asked_token(scope)
        given = self._cookie(scope) if asked is None else asked
        if given is not None and secrets.compare_digest(given, self._token):
            return None
        return 401, "This address needs its key: open the one that torchatlas printed, whole."

    @staticmethod
    def _asked_token(scope: Scope) -> bytes | None:
        """The key in the address; empty where there are several."""
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        found = query.get("token")
        return None if found is None else (found[0] if len(found) == 1 else "").encode()

    @staticmethod
    def _cookie(scope: Scope) -> bytes | None:
        for text in _all_headers(scope, "cookie"):
            try:
                found = SimpleCookie(text).get(COOKIE)
            except CookieError:
                continue
            if found is not None:
                return found.value.encode()
        return None


def new_token() -> str:
    """A key that nobody guesses."""
    return secrets.token_urlsafe(24)


def base_path(token: str) -> str:
    """A path that follows from the key and does not tell it."""
    return f"/{hashlib.sha256(b'path of ' + token.encode()).hexdigest()[:12]}/"


def _refusal(scope: Scope) -> tuple[int, str] | None:
    """Why a request is refused, whoever sent it."""
    hosts = _all_headers(scope, "host")
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        return 403, "This server answers to 127.0.0.1 and localhost alone."
    if any(origin != f"http://{hosts[0]}" for origin in _all_headers(scope, "origin")):
        return 403, "This server answers to its own page alone."
    if _is_foreign(scope):
        return 403, "This server answers to its own page alone."
    if scope["method"] not in ("GET", "HEAD"):
        return 405, "This server is read and not written to: GET or HEAD."
    if _all_headers(scope, "transfer-encoding") or _length(scope) != "0":
        return 413, "A request carries nothing here."
    if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_TARGET:
        return 414, f"An address has at most {LONGEST_TARGET} bytes here."
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEAD:
        return 431, f"The headers of a request have at most {LARGEST_HEAD} bytes here."
    return None


def _is_foreign(scope: Scope) -> bool:
    """Whether a browser says that another page asks, and not a person who follows an address."""
    site = "".join(_all_headers(scope, "sec-fetch-site"))
    mode = "".join(_all_headers(scope, "sec-fetch-mode"))
    return site in ("cross-site", "same-site") and mode != "navigate"


def _length(scope: Scope) -> str:
    return ",".join(_all_headers(scope, "content-length")) or "0"


def _all_headers(scope: Scope, name: str) -> list[str]:
    wanted = name.encode()
    return [value.decode("latin-1") for key, value in scope["headers"] if key == wanted]


def _with_headers(send: Send, headers: dict[str, str]) -> Send:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [(k, v) for k, v in message.get("headers", ()) if k.decode() not in headers]
            message = {**message, "headers": [*own, *raw]}
        await send(message)

    return send_with_headers


async def _refuse(refusal: tuple[int, str], scope: Scope, send: Send) -> None:
    status, words = refusal
    body = f"{words}\n".encode()
    extra = {"allow": "GET, HEAD"} if status == 405 else {}
    headers = {
        **HEADERS,
        **extra,
        "content-type": "text/plain; charset=utf-8",
        "content-length": str(len(body)),
        "connection": "close",
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    content = b"" if scope["method"] == "HEAD" else body
    await send({"type": "http.response.body", "body": content})
