"""The routes of the review page. What takes long runs beside the loop, so that sound goes on playing.

Who may ask at all is `guard`'s business.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from unsaid.errors import UnsaidError
from unsaid.sessions.files import explain
from unsaid.web import answers, asked
from unsaid.web.room import Gone, Room

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request as Asked
    from starlette.responses import Response

MOST_BYTES = 64 * 1024
"""The longest request that is read, but for sound."""
MOST_SOUND_BYTES = 20_000_000
"""The longest rewrite said aloud that is read: a minute and a half as a browser records it, and more."""

T = TypeVar("T")


def make(room: Room) -> Starlette:
    """The page's routes over `room`."""
    from starlette.applications import Starlette
    from starlette.background import BackgroundTask
    from starlette.concurrency import run_in_threadpool
    from starlette.exceptions import HTTPException
    from starlette.requests import ClientDisconnect
    from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
    from starlette.routing import Route

    from unsaid.web import page as page_

    async def aside(work: Callable[..., T], *given: Any) -> T:
        return await run_in_threadpool(partial(work, *given))

    async def page(_: Asked) -> Response:
        try:
            return HTMLResponse(await aside(room.page), background=BackgroundTask(room.prepare))
        except UnsaidError as error:
            return HTMLResponse(_told_on_a_page(error), status_code=409)

    async def asset(request: Asked) -> Response:
        name = request.path_params["name"]
        if name not in page_.ASSETS:
            raise Gone("there is nothing here")
        return Response(await aside(page_.asset, name), media_type=page_.ASSETS[name])

    async def state(request: Asked) -> Response:
        found = await aside(room.state, asked.window(request.query_params.get("window", "")))
        tag = f'"{found["revision"]}"'
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers={"etag": tag})
        return JSONResponse(found, headers={"etag": tag})

    async def act(request: Asked) -> Response:
        return JSONResponse(await aside(room.act, asked.act(await body(request, MOST_BYTES))))

    async def check(request: Asked) -> Response:
        return JSONResponse(await aside(room.check, asked.check(await body(request, MOST_BYTES))))

    async def finish(request: Asked) -> Response:
        await body(request, MOST_BYTES)
        return JSONResponse(await aside(room.finish))

    async def say(request: Asked) -> Response:
        window = asked.window(request.query_params.get("window", ""))
        sound = await body(request, MOST_SOUND_BYTES)
        return JSONResponse(await aside(room.say, request.query_params.get("moment", ""), window, sound))

    async def sound_of(path: Path) -> Response:
        return FileResponse(path, media_type=answers.SOUNDS[path.suffix.lower()])

    async def answer(_: Asked) -> Response:
        return await sound_of(await aside(room.recording))

    async def said(request: Asked) -> Response:
        return await sound_of(await aside(room.said, request.path_params["name"]))

    async def told(_: Asked, error: Exception) -> Response:
        assert isinstance(error, UnsaidError)
        status = 400 if isinstance(error, asked.Wrong) else 404 if isinstance(error, Gone) else 409
        return JSONResponse(answers.error(error), status_code=status)

    async def broken(_: Asked, error: Exception) -> Response:
        assert isinstance(error, OSError)
        found = explain(error, Path(str(error.filename or "a file")))
        return JSONResponse(answers.error(found), status_code=409)

    async def refused(_: Asked, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        words = {404: "there is nothing here", 405: "that cannot be done here"}
        found = UnsaidError(words.get(error.status_code, "that cannot be done"))
        return JSONResponse(answers.error(found), error.status_code, headers=error.headers)

    async def left(_: Asked, __: Exception) -> Response:
        return Response(status_code=400)  # nobody reads it

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/app/{name}", asset),
            Route("/answer", answer),
            Route("/said/{name}", said),
            Route("/state", state),
            Route("/act", act, methods=["POST"]),
            Route("/check", check, methods=["POST"]),
            Route("/finish", finish, methods=["POST"]),
            Route("/say", say, methods=["POST"]),
        ],
        exception_handlers={
            UnsaidError: told,
            OSError: broken,
            HTTPException: refused,
            ClientDisconnect: left,
        },
    )
    app.router.redirect_slashes = False
    return app


def _told_on_a_page(error: UnsaidError) -> str:
    told = answers.error(error)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>unsaid</title>'
        f"<h1>This review cannot be shown</h1><p>{escape(told['error'])}</p><p>{escape(told['hint'])}</p>"
    )


async def body(request: Asked, most: int) -> bytes:
    """What was sent, at most so many bytes. Raises Wrong as soon as there is more."""
    given = request.headers.get("content-length", "0")
    found = bytearray()
    if not given.isdecimal() or int(given) <= most:
        async for part in request.stream():
            found += part
            if len(found) > most:
                break
        else:
            return bytes(found)
    raise asked.Wrong(f"the request is too large: {most:,} bytes at most")
