"""Growing runs as a page of this machine: HTTP and server-sent events, on 127.0.0.1 alone.

The page is the viewer that reports have inside. Starlette and uvicorn are loaded when a server is
started.
"""

from torchatlas.serve.server import Server, start

__all__ = ["Server", "start"]
