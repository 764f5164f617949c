"""Who may ask: real requests to a real server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serve.growing import Training

from torchatlas.errors import RunError
from torchatlas.serve import Server, start
from torchatlas.serve.guard import LONGEST_TARGET, base_path, new_token

TOKEN = "a-key-that-is-only-used-in-tests"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("runs")
    (folder / "secret.txt").write_text("not for the page")
    with Training(folder / "first") as training:
        training.train(3)
    with start(folder, port=0, token=TOKEN) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_of(server), cookies=None) as client:
        assert client.get("", params={"token": TOKEN}).status_code == 200
        yield client


def base_of(server: Server) -> str:
    return server.address.partition("?")[0]


def raw(server: Server, request: str) -> tuple[int, str]:
    """Bytes as no client library would send them; gives status and answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request.encode("latin-1"))
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    text = answer.decode("latin-1")
    return int(text.split(" ", 2)[1]), text


def with_key(server: Server, target: str, *headers: str, method: str = "GET") -> str:
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        f"Cookie: torchatlas={TOKEN}",
        "Connection: close",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""])


def test_the_key_opens_the_page_and_becomes_a_cookie_that_scripts_cannot_read(
    server: Server,
) -> None:
    answer = httpx.get(server.address)
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert cookie == f"torchatlas={TOKEN}; Path={base_path(TOKEN)}; HttpOnly; SameSite=Strict"
    assert TOKEN not in answer.text


def test_the_cookie_is_enough_from_then_on(client: httpx.Client) -> None:
    for address in ("", "runs", "viewer.js", "viewer.css"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("address", ["", "runs", "viewer.js", "runs/events", "run/x/", "nothing"])
@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN[:-1], TOKEN + "a"])
def test_without_the_right_key_nothing_is_answered(
    server: Server, address: str, token: str | None
) -> None:
    query = {} if token is None else {"token": token}
    answer = httpx.get(base_of(server) + address, params=query)
    assert answer.status_code == 401
    assert "open the one that torchatlas printed" in answer.text
    assert "set-cookie" not in answer.headers


def test_a_wrong_key_in_the_address_is_refused_although_the_cookie_is_right(
    client: httpx.Client,
) -> None:
    assert client.get("runs", params={"token": "wrong"}).status_code == 401
    assert client.get("runs?token=wrong&token=" + TOKEN).status_code == 401


def test_a_wrong_cookie_is_refused(server: Server) -> None:
    cookies = {"torchatlas": "wrong"}
    assert httpx.get(base_of(server) + "runs", cookies=cookies).status_code == 401


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example",
        "localhost.evil.example:{port}",
        "[::1]:{port}",
        "0.0.0.0:{port}",
        "127.0.0.1:{port}@evil.example",
        "127.0.0.1:port",
        "127.1",
        "",
    ],
)
def test_another_name_for_this_machine_is_refused_whatever_the_key(
    server: Server, host: str
) -> None:
    lines = with_key(server, f"{base_path(TOKEN)}runs").split("\r\n")
    lines[1] = f"Host: {host.format(port=server.port)}"
    status, text = raw(server, "\r\n".join(lines))
    assert status == 403
    assert "answers to 127.0.0.1 and localhost alone" in text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "localhost:9000"])
def test_this_machine_is_answered_also_through_a_tunnel_from_another_port(
    server: Server, host: str
) -> None:
    lines = with_key(server, f"{base_path(TOKEN)}runs").split("\r\n")
    lines[1] = f"Host: {host}"
    assert raw(server, "\r\n".join(lines))[0] == 200


def test_two_hosts_are_refused(server: Server) -> None:
    request = with_key(server, f"{base_path(TOKEN)}runs", "Host: evil.example")
    assert raw(server, request)[0] in (400, 403)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"]
)
def test_another_page_is_refused(client: httpx.Client, server: Server, origin: str) -> None:
    headers = {"origin": origin.format(port=server.port)}
    answer = client.get("runs", headers=headers)
    assert answer.status_code == 403
    assert "its own page alone" in answer.text
    assert "access-control-allow-origin" not in answer.headers


def test_the_own_page_is_answered(client: httpx.Client, server: Server) -> None:
    headers = {"origin": f"http://127.0.0.1:{server.port}", "sec-fetch-site": "same-origin"}
    assert client.get("runs", headers=headers).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_page_takes_in_is_refused_and_an_address_that_is_followed_is_not(
    client: httpx.Client, site: str
) -> None:
    taken = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}
    followed = {"sec-fetch-site": site, "sec-fetch-mode": "navigate"}
    assert client.get("viewer.js", headers=taken).status_code == 403
    assert client.get("", headers=followed).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_written(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "runs")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_head_has_no_body(client: httpx.Client) -> None:
    answer = client.head("runs")
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_request_that_carries_something_is_refused(server: Server) -> None:
    target = f"{base_path(TOKEN)}runs"
    assert raw(server, with_key(server, target, "Content-Length: 5") + "hello")[0] == 413
    chunked = with_key(server, target, "Transfer-Encoding: chunked") + "0\r\n\r\n"
    assert raw(server, chunked)[0] == 413


def test_an_oversized_address_or_head_is_refused(server: Server) -> None:
    long = f"{base_path(TOKEN)}runs?x=" + "x" * LONGEST_TARGET
    assert raw(server, with_key(server, long))[0] == 414
    target = f"{base_path(TOKEN)}runs"
    status, _ = raw(server, with_key(server, target, "X-Long: " + "x" * 40_000))
    assert status in (400, 431)


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "run/../secret.txt",
        "run/..%2f..%2fsecret.txt/document",
        "run/%2e%2e/document",
        "run/first/document",
        "run/first%2frun.json/document",
        "run/%00/document",
        "//etc/passwd",
        "viewer.js/../../secret.txt",
        "static/secret.txt",
        "run/",
        "compare/../secret.txt",
    ],
)
def test_no_part_of_an_address_is_a_path(server: Server, path: str) -> None:
    status, text = raw(server, with_key(server, base_path(TOKEN) + path))
    assert status == 404
    assert "not for the page" not in text
    assert "root:" not in text


def test_every_answer_says_what_the_page_may_do(client: httpx.Client) -> None:
    for address in ("", "runs", "viewer.js", "nothing", "runs?token=wrong"):
        headers = client.get(address).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


def test_the_page_names_nothing_outside_this_server(client: httpx.Client) -> None:
    text = client.get("").text
    assert "http:" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https:" not in text
    assert "<script>" not in text  # none inline: the policy would not run it


def test_it_listens_on_this_machine_alone(server: Server) -> None:
    with pytest.raises(OSError):  # noqa: PT011 (the system's words differ)
        socket.create_connection(("::1", server.port), timeout=2)


def test_a_port_that_is_taken_is_said(server: Server, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=rf"cannot listen on 127\.0\.0\.1:{server.port}: .*--port"):
        start(tmp_path, port=server.port)


def test_a_port_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no port 70000"):
        start(tmp_path, port=70_000)


def test_keys_are_long_and_none_comes_twice() -> None:
    keys = {new_token() for _ in range(50)}
    assert len(keys) == 50
    assert all(len(key) >= 32 for key in keys)
    assert base_path("a") != base_path("b")
    assert "a-key" not in base_path("a-key")
