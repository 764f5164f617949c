"""A server in a thread of its own, on this machine alone."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from torchatlas._optional import require
from torchatlas.errors import RunError
from torchatlas.serve.guard import LARGEST_HEAD, Guard, base_path, new_token

LOOPBACK = "127.0.0.1"
USUAL_PORT = 6161
"""Taken where nobody asks for another and it is free, so that an address can be kept."""

_STARTING_S, _STOPPING_S = 20.0, 5.0
_WHY = "to serve runs to the browser"


class Server:
    """The live page of some runs, until `stop`.

    Attributes:
        address: what to open in the browser, with the key in it.
        port: where it listens, on 127.0.0.1.
    """

    def __init__(
        self, folders: Sequence[str | Path], *, port: int | None = None, token: str | None = None
    ) -> None:
        """Listen and begin to answer.

        Args:
            folders: run folders, log folders, or folders that hold such at any depth.
            port: the port; left out, 6161 or, where that is taken, one that is free.
            token: the key; left out, a new one. It should be long and random.

        Raises:
            RunError: the port is taken, or a folder is not there.
            MissingDependency: starlette or uvicorn is not installed.
        """
        uvicorn = require("uvicorn", _WHY, "serve")
        require("starlette", _WHY, "serve")
        from torchatlas.serve.application import application

        token = token or new_token()
        base = base_path(token)
        self._listening = _listen(port)
        self.port: int = self._listening.getsockname()[1]
        self.address = f"http://{LOOPBACK}:{self.port}{base}?token={token}"
        try:
            inner = application([Path(folder) for folder in folders], base, self._is_stopping)
        except BaseException:
            self._listening.close()
            raise
        config = uvicorn.Config(
            Guard(inner, token, base),
            http="h11",  # the one that bounds the head of a request
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            log_level="error",  # not of every request that makes no sense
            access_log=False,
            server_header=False,
            h11_max_incomplete_event_size=LARGEST_HEAD,
            timeout_graceful_shutdown=1,
        )
        self._uvicorn: Any = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="torchatlas serve", daemon=True)
        self._thread.start()
        self._wait_until_started()

    def stop(self) -> None:
        """End the server and let go of the port. Stopping again does nothing."""
        self._uvicorn.should_exit = True
        self._thread.join(_STOPPING_S)
        self._listening.close()

    def wait(self) -> None:
        """Return when the server has ended; Ctrl-C reaches the caller."""
        while self._thread.is_alive():
            self._thread.join(0.2)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self._thread.is_alive() else "stopped"
        return f"<Server at {self.address} ({state})>"

    def _run(self) -> None:
        with contextlib.suppress(SystemExit):  # of a start that failed; `stop` says so
            self._uvicorn.run(sockets=[self._listening])

    def _wait_until_started(self) -> None:
        until_s = time.monotonic() + _STARTING_S
        while not self._uvicorn.started:
            if not self._thread.is_alive() or time.monotonic() > until_s:
                self.stop()
                raise RunError(f"the server at {LOOPBACK}:{self.port} did not start")
            time.sleep(0.005)

    def _is_stopping(self) -> bool:
        return bool(self._uvicorn.should_exit)


def start(*folders: str | Path, port: int | None = None, token: str | None = None) -> Server:
    """Show runs in the browser while they grow; the server ends with the program, or on `stop`.

    It listens on 127.0.0.1 alone, and answers only to those who have the key in its address.

    Args:
        folders: run folders, log folders, or folders that hold such.
        port: where to listen; left out, a free one.
        token: the key; left out, a new random one.

    Returns:
        The server: `.address` is what to open, `.stop()` ends it.

    Raises:
        RunError: the port is taken, or a folder is not there.
        MissingDependency: starlette or uvicorn is not installed.
    """
    return Server(folders, port=port, token=token)


def _listen(port: int | None) -> socket.socket:
    if port is not None:
        if not 0 <= port <= 65_535:
            raise RunError(f"there is no port {port}; ports are 1 to 65535")
        return _bound(port)
    try:
        return _bound(USUAL_PORT)
    except RunError:
        return _bound(0)


def _bound(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":  # elsewhere it would let two servers share the port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise RunError(
            f"cannot listen on {LOOPBACK}:{port}: {error.strerror or error}; another program may "
            "have this port: name another with --port, or leave it out for a free one"
        ) from error
    return listening
