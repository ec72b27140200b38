"""The WebSocket beside Streamlit's own: frames out, wishes in."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from concurrent.futures import Future
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from engine.guard import allowed_host, same_origin
from engine.live.registry import RUNS, Registry, describe
from engine.live.run import Run
from engine.live.viewer import Viewer

log = logging.getLogger(__name__)

UNKNOWN_RUN: Final = 4404
REFUSED: Final = 4403
MAX_WISH_BYTES: Final = 600_000


def live_routes(runs: Registry = RUNS) -> list[BaseRoute]:
    """Routes to hand to the ASGI app."""

    async def watch(socket: WebSocket) -> None:
        if not (allowed_host(socket.headers) and same_origin(socket.headers)):
            await socket.close(REFUSED)
            return
        await socket.accept()
        run = runs.find(socket.query_params.get("run"))
        if run is None:
            # accepted first, or the browser would not be told the code
            await socket.close(UNKNOWN_RUN, "no such run: it ended, or the server was restarted")
            return
        viewer = Viewer(asyncio.get_running_loop())
        run.join(viewer)
        listener = asyncio.create_task(_listen(socket, run, viewer))
        try:
            await _send(socket, viewer)
        finally:
            run.leave(viewer)
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError, RuntimeError):
                await listener
            if socket.application_state == WebSocketState.CONNECTED:
                with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                    await socket.close(UNKNOWN_RUN, "this run has ended")

    async def alive(request: Request) -> JSONResponse:
        if not (allowed_host(request.headers) and same_origin(request.headers)):
            return JSONResponse({"error": "not from here"}, 403)
        return JSONResponse([describe(run) for run in runs.alive()])

    return [WebSocketRoute("/live/ws", watch), Route("/live/runs", alive)]


async def _send(socket: WebSocket, viewer: Viewer) -> None:
    """Pass on what the run offers until it ends or the browser goes."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while (messages := await viewer.take()) is not None:
            for message in messages:
                if isinstance(message, str):
                    await socket.send_text(message)
                else:
                    await socket.send_bytes(message)


async def _listen(socket: WebSocket, run: Run, viewer: Viewer) -> None:
    """Hear the browser's wishes; end the viewer when it goes."""
    try:
        while True:
            text = await socket.receive_text()
            if len(text) > MAX_WISH_BYTES:
                continue
            try:
                wish = json.loads(text)
                _obey(run, viewer, wish)
            except (ValueError, TypeError, KeyError, AttributeError) as error:
                log.info("ignored a malformed wish: %s", error)
    except (WebSocketDisconnect, RuntimeError, KeyError):
        pass
    finally:
        viewer.close()


def _obey(run: Run, viewer: Viewer, wish: dict[str, Any]) -> None:
    """Carry out one wish of the protocol."""
    do = wish["do"]
    if do == "live":
        run.go_live(viewer)
    elif do == "seek":
        run.look_back(viewer, int(wish["step"]))
    elif do == "more":
        run.look_back(viewer, int(wish["step"]), more=True)
    elif do == "select":
        agent = wish["agent"]
        run.select(viewer, None if agent is None else int(agent))
    elif do == "command":
        _command(run, viewer, wish)
    elif do == "stats":
        viewer.stats = {k: float(wish[k]) for k in ("fps", "buffer", "stalls") if k in wish}


def _command(run: Run, viewer: Viewer, wish: dict[str, Any]) -> None:
    """Hand the world a command (play a move, take the wheel); the answer goes to who asked."""
    name, arguments = str(wish["name"]), dict(wish.get("arguments") or {})

    def told(answer: Future[str]) -> None:
        error = answer.exception()
        facts = {"text": answer.result()} if error is None else {"error": str(error)}
        viewer.offer_json("said", {"name": name, "id": wish.get("id"), **facts})

    run.give_command(name, arguments).add_done_callback(told)
