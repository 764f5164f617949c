"""What the live app answers: pages, runs as data, and streams of what changes.

Runs are named by ids that say nothing; no part of an address is ever a path of the disk. Who may
ask was decided before: see `guard`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from torchatlas.errors import RunError
from torchatlas.serve.compared import Compared
from torchatlas.serve.followed_run import FollowedRun
from torchatlas.serve.guard import Asgi
from torchatlas.serve.listing import Listing
from torchatlas.serve.page import page, viewer_file
from torchatlas.serve.shelf import Shelf

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

TICK_S = 0.5
"""How often a stream looks for what is new."""

HEARTBEAT_S = 10.0
"""A stream that has nothing to say says that it is there."""

MOST_COMPARED = 12
LONGEST_NAMES = 64


def application(folders: Sequence[Path], base: str, is_stopping: Callable[[], bool]) -> Asgi:
    """The application that shows the runs in some folders, under the path `base`.

    Args:
        is_stopping: streams end when this says so.

    Raises:
        RunError: a folder is not there.
    """
    from starlette.applications import Starlette
    from starlette.routing import Mount, Route, Router

    live = _Live(folders, base, is_stopping)
    routes = [
        Route("/", live.list_page),
        Route("/viewer.js", live.script),
        Route("/viewer.css", live.style),
        Route("/runs", live.runs),
        Route("/runs/events", live.list_events),
        Route("/runs/state", live.list_state),
        Route("/run/{id}/", live.run_page),
        Route("/run/{id}/document", live.document),
        Route("/run/{id}/events", live.run_events),
        Route("/run/{id}/state", live.run_state),
        Route("/run/{id}/reading", live.reading),
        Route("/run/{id}/views", live.views),
        Route("/run/{id}/detail", live.detail),
        Route("/compare/", live.comparison_page),
        Route("/compare/document", live.comparison),
        Route("/compare/events", live.comparison_events),
        Route("/compare/state", live.comparison_state),
        Route("/compare/reading", live.comparison_reading),
        Route("/compare/views", live.comparison_views),
    ]
    answers = Mount(base.rstrip("/"), app=Router(routes, redirect_slashes=False))
    return Starlette(routes=[answers])


class _Live:
    """The answers, one method an address."""

    def __init__(self, folders: Sequence[Path], base: str, is_stopping: Callable[[], bool]) -> None:
        self._base = base
        self._is_stopping = is_stopping
        self._listing = Listing(folders)
        self._shelf = Shelf()
        self._script, self._style = viewer_file("viewer.js"), viewer_file("viewer.css")

    async def list_page(self, request: Request) -> Response:
        del request
        return _html(page("runs", "Runs · TorchAtlas", self._base))

    async def script(self, request: Request) -> Response:
        del request
        return _text(self._script, "text/javascript")

    async def style(self, request: Request) -> Response:
        del request
        return _text(self._style, "text/css")

    async def runs(self, request: Request) -> Response:
        del request
        return _json(await asyncio.to_thread(self._list_change, None))

    async def list_events(self, request: Request) -> Response:
        position = _position(request)

        def look() -> tuple[str, dict[str, Any] | None]:
            self._listing.refresh()
            nonlocal position
            here = self._list_position()
            change = None if position == here else self._list_change(position)
            position = here
            return here, change

        return _stream(request, look, self._is_stopping)

    async def list_state(self, request: Request) -> Response:
        del request
        return _json({"version": self._list_position()})

    async def run_page(self, request: Request) -> Response:
        await asyncio.to_thread(self._folder, request.path_params["id"])
        return _html(page("run", "TorchAtlas", self._base))

    async def reading(self, request: Request) -> Response:
        return _json({"share": self._share_read([request.path_params["id"]])})

    async def document(self, request: Request) -> Response:
        run = await self._followed(request.path_params["id"])
        return await _answer(lambda: _fresh_document(run))

    async def run_events(self, request: Request) -> Response:
        run = await self._followed(request.path_params["id"])
        position = _position(request)

        def look() -> tuple[str, dict[str, Any] | None]:
            nonlocal position
            run.refresh()
            change = run.changes(position)
            position = position if change is None else change["version"]
            return position or "", change

        return _stream(request, look, self._is_stopping)

    async def run_state(self, request: Request) -> Response:
        run = await self._followed(request.path_params["id"])
        return _json({"version": run.position})

    async def views(self, request: Request) -> Response:
        run = await self._followed(request.path_params["id"])
        names = request.query_params.getlist("name")[:LONGEST_NAMES]
        return await _answer(lambda: run.views(names))

    async def detail(self, request: Request) -> Response:
        run = await self._followed(request.path_params["id"])
        query = request.query_params
        low, high = _number(query.get("from")), _number(query.get("to"))
        return await _answer(lambda: run.detail(query.get("metric", ""), low, high))

    async def comparison_page(self, request: Request) -> Response:
        for run_id in _compared_ids(request):
            await asyncio.to_thread(self._folder, run_id)
        return _html(page("comparison", "Comparison · TorchAtlas", self._base))

    async def comparison_reading(self, request: Request) -> Response:
        return _json({"share": self._share_read(_compared_ids(request))})

    async def comparison(self, request: Request) -> Response:
        compared = await self._compared(request)
        return await _answer(compared.document)

    async def comparison_events(self, request: Request) -> Response:
        compared = await self._compared(request)
        position = _position(request)

        def look() -> tuple[str, dict[str, Any] | None]:
            nonlocal position
            change = compared.changes(position)
            position = position if change is None else change["version"]
            return position or "", change

        return _stream(request, look, self._is_stopping)

    async def comparison_state(self, request: Request) -> Response:
        compared = await self._compared(request)
        return _json({"version": compared.position})

    async def comparison_views(self, request: Request) -> Response:
        compared = await self._compared(request)
        names = request.query_params.getlist("name")[:LONGEST_NAMES]
        return await _answer(lambda: compared.views(names))

    async def _followed(self, run_id: str) -> FollowedRun:
        return await asyncio.to_thread(self._find, run_id)

    async def _compared(self, request: Request) -> Compared:
        runs = await asyncio.gather(*(self._followed(run_id) for run_id in _compared_ids(request)))
        return Compared(runs)

    def _find(self, run_id: str) -> FollowedRun:
        folder = self._folder(run_id)
        try:
            return self._shelf.run(run_id, folder)
        except RunError as error:
            raise _error(404 if not folder.exists() else 422, str(error)) from error

    def _folder(self, run_id: str) -> Path:
        folder = self._listing.folder(run_id)
        if folder is None:
            raise _error(404, "There is no such run here; it may have been moved or deleted.")
        return folder

    def _share_read(self, ids: Sequence[str]) -> float | None:
        """How much was read of the runs that are being opened, 0 to 1; None where none is."""
        shares = [share for one in ids if (share := self._shelf.share_read(one)) is not None]
        return min(shares, default=None)

    def _list_position(self) -> str:
        return f"{self._listing.epoch}.{self._listing.version}"

    def _list_change(self, position: str | None) -> dict[str, Any]:
        self._listing.refresh()
        epoch, _, number = (position or "").partition(".")
        is_known = epoch == self._listing.epoch and number.isdecimal()
        change = self._listing.changes(int(number) if is_known else None)
        return {"version": self._list_position(), **change}


def _compared_ids(request: Request) -> list[str]:
    ids = list(dict.fromkeys(request.query_params.getlist("run")))
    if not 2 <= len(ids) <= MOST_COMPARED:
        raise _error(400, f"A comparison takes 2 to {MOST_COMPARED} runs.")
    return ids


def _fresh_document(run: FollowedRun) -> dict[str, Any]:
    run.refresh()
    return run.document()


def _position(request: Request) -> str | None:
    """Up to where the page has read: what the browser says on its own when it comes again."""
    return request.headers.get("last-event-id") or request.query_params.get("since")


def _stream(
    request: Request,
    look: Callable[[], tuple[str, dict[str, Any] | None]],
    is_stopping: Callable[[], bool],
) -> Response:
    """Server-sent events: what `look` finds, as long as the page listens."""
    from starlette.responses import StreamingResponse

    async def events() -> AsyncIterator[str]:
        yield "retry: 1000\n\n"
        quiet_s = 0.0
        while not is_stopping() and not await request.is_disconnected():
            try:
                position, change = await asyncio.to_thread(look)
            except RunError as error:
                yield f"event: gone\ndata: {_encoded({'reason': str(error)})}\n\n"
                return
            if change is not None:
                yield f"id: {position}\nevent: change\ndata: {_encoded(change)}\n\n"
                quiet_s = 0.0
            elif quiet_s >= HEARTBEAT_S:
                yield "event: here\ndata:\n\n"
                quiet_s = 0.0
            await asyncio.sleep(TICK_S)
            quiet_s += TICK_S

    return StreamingResponse(events(), media_type="text/event-stream")


async def _answer(work: Callable[[], Any]) -> Response:
    """What some work gives, as JSON; it is done in a thread, and what it cannot do is said."""
    try:
        return _json(await asyncio.to_thread(work))
    except RunError as error:
        raise _error(422, str(error)) from error


def _json(value: Any) -> Response:
    return _text(_encoded(value), "application/json")


def _encoded(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _html(text: str) -> Response:
    return _text(text, "text/html")


def _text(text: str, kind: str) -> Response:
    from starlette.responses import Response

    return Response(text.encode("utf-8", errors="replace"), media_type=f"{kind}; charset=utf-8")


def _error(status: int, words: str) -> Exception:
    from starlette.exceptions import HTTPException

    return HTTPException(status, words)


def _number(text: str | None) -> float:
    try:
        number = float(text or "")
    except ValueError as error:
        raise _error(400, "A stretch of steps has two numbers: from and to.") from error
    if number != number or number in (float("inf"), float("-inf")):
        raise _error(400, "A stretch of steps has two finite numbers.")
    return number
