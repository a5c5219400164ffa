"""The routes of a site. What takes long runs beside the loop, so that sound goes on playing.

Who may ask at all is `guard`'s business.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from unsaid.errors import UnsaidError
from unsaid.sessions.files import explain
from unsaid.web import answers, asked
from unsaid.web.site import Read, Site, Write

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request as Asked
    from starlette.responses import Response

    from unsaid.web.room import Room

MOST_BYTES = 64 * 1024
"""The longest request that is read, but for sound."""
MOST_SOUND_BYTES = 20_000_000
"""The longest rewrite said aloud that is read: a minute and a half as a browser records it, and more."""

T = TypeVar("T")


def make(site: Site) -> Starlette:
    """The routes of `site`."""
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
            return HTMLResponse(await aside(site.page), background=BackgroundTask(site.prepare))
        except UnsaidError as error:
            return HTMLResponse(_told_on_a_page(error), status_code=409)

    async def asset(request: Asked) -> Response:
        name = request.path_params["name"]
        if name not in page_.ASSETS:
            raise asked.Gone("there is nothing here")
        return Response(await aside(page_.asset, name), media_type=page_.ASSETS[name])

    def reading(read: Read) -> Callable[[Asked], Awaitable[Response]]:
        async def answer(request: Asked) -> Response:
            found = await aside(read, dict(request.query_params))
            if "revision" not in found:
                return JSONResponse(found)
            tag = f'"{found["revision"]}"'
            if tag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers={"etag": tag})
            return JSONResponse(found, headers={"etag": tag})

        return answer

    def writing(write: Write) -> Callable[[Asked], Awaitable[Response]]:
        async def answer(request: Asked) -> Response:
            return JSONResponse(await aside(write, await body(request, MOST_BYTES)))

        return answer

    async def sound_of(path: Path) -> Response:
        return FileResponse(path, media_type=answers.SOUNDS[path.suffix.lower()])

    def sounding(room: Room) -> list[Route]:
        async def answer(_: Asked) -> Response:
            return await sound_of(await aside(room.recording))

        async def said(request: Asked) -> Response:
            return await sound_of(await aside(room.said, request.path_params["name"]))

        async def say(request: Asked) -> Response:
            window = asked.window(request.query_params.get("window", ""))
            sound = await body(request, MOST_SOUND_BYTES)
            return JSONResponse(await aside(room.say, request.query_params.get("moment", ""), window, sound))

        return [
            Route("/answer", answer),
            Route("/said/{name}", said),
            Route("/say", say, methods=["POST"]),
        ]

    async def told(_: Asked, error: Exception) -> Response:
        assert isinstance(error, UnsaidError)
        status = 400 if isinstance(error, asked.Wrong) else 404 if isinstance(error, asked.Gone) else 409
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
            *(Route(path, reading(read)) for path, read in site.reads.items() if path not in site.writes),
            *(Route(path, writing(write), methods=["POST"]) for path, write in site.writes.items()),
            *(sounding(site.review) if site.review is not None else ()),
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
        f"<h1>This page cannot be shown</h1><p>{escape(told['error'])}</p><p>{escape(told['hint'])}</p>"
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
