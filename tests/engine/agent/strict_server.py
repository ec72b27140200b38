"""A chat-completions server that insists on the protocol and misbehaves on demand.

It speaks real HTTP and real server-sent events. Each request is checked for the order of its
messages, by rules written from the API reference and not from our own code, and then answered by
the next act of a script; a function is given the request and returns the act. The last act
repeats.
"""

import json
import socket
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def complaint(body):
    """What the real server would reject with status 400, or None."""
    for name in ("model", "messages", "stream"):
        if name not in body:
            return f"missing {name}"
    messages = body["messages"]
    if not messages:
        return "messages is empty"
    open_ids = []
    for i, message in enumerate(messages):
        role = message.get("role")
        if role == "tool":
            if message.get("tool_call_id") not in open_ids:
                return (f"messages.[{i}]: a message with role 'tool' must be a response to a "
                        "preceding message with 'tool_calls'")
            open_ids.remove(message["tool_call_id"])
            if not isinstance(message.get("content"), str):
                return f"messages.[{i}].content of a tool must be text"
            continue
        if open_ids:
            return f"messages.[{i}]: tool_call_ids without a response: {open_ids}"
        if role == "assistant":
            calls = message.get("tool_calls")
            if calls == []:
                return f"messages.[{i}].tool_calls is an empty array"
            if not calls and not message.get("content"):
                return f"messages.[{i}]: content is required without tool_calls"
            open_ids = [c["id"] for c in calls or []]
            if len(set(open_ids)) < len(open_ids):
                return f"messages.[{i}]: duplicate tool_call ids"
            if any(c["type"] != "function" or not c["function"]["name"] for c in calls or []):
                return f"messages.[{i}]: a call without a function"
        elif role == "system":
            if i:
                return f"messages.[{i}]: system in mid-conversation"
        elif role != "user":
            return f"messages.[{i}].role is {role!r}"
    if open_ids:
        return f"tool_call_ids without a response: {open_ids}"
    if messages[-1]["role"] not in ("user", "tool"):
        return "the last message must be from user or tool"
    for tool in body.get("tools", []):
        function = tool["function"]
        if tool["type"] != "function" or function["parameters"].get("type") != "object":
            return f"tool {function.get('name')} has no object schema"
    return None


def image_complaint(body):
    """The same for a request for a picture."""
    for name in ("model", "prompt"):
        if not isinstance(body.get(name), str) or not body[name]:
            return f"missing {name}"
    if body.get("n", 1) != 1 or body.get("size") not in ("256x256", "512x512", "1024x1024"):
        return "n or size is wrong"
    return None


@dataclass(frozen=True)
class Status:
    """Answer with an error."""

    code: int
    body: object = None
    headers: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Events:
    """Answer with a stream.

    chunks: dicts are sent as data lines, texts as they are, numbers are seconds of silence.
    """

    chunks: tuple
    done: bool = True
    piece: int = 0
    newline: str = "\n"
    content_type: str = "text/event-stream"


@dataclass(frozen=True)
class Drop:
    """Reset the connection, before anything or after the headers."""

    after_headers: bool = False


@dataclass(frozen=True)
class Hang:
    """Say nothing until the server is closed."""


def chunk(delta=None, finish=None, **more):
    """One streamed chunk."""
    return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}], **more}


def usage(prompt=7, completion=3, **more):
    """The chunk that carries the tokens: its choices are empty."""
    return {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion,
                                     "total_tokens": prompt + completion, **more}}


def text(*parts, finish="stop"):
    """A whole answer in words."""
    return Events((chunk({"role": "assistant", "content": ""}),
                   *(chunk({"content": p}) for p in parts), chunk(finish=finish), usage()))


def piece(index, call_id=None, name=None, arguments=None):
    """A fragment of a call."""
    function = {k: v for k, v in (("name", name), ("arguments", arguments)) if v is not None}
    return chunk({"tool_calls": [{k: v for k, v in (
        ("index", index), ("id", call_id), ("type", "function"), ("function", function))
        if v is not None}]})


def calls(*wanted, finish="tool_calls"):
    """An answer that asks for tools: (id, name, arguments) each."""
    return Events((*(piece(i, *w) for i, w in enumerate(wanted)), chunk(finish=finish), usage()))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        script = self.server.script
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with script.lock:
            script.requests.append(body)
            act = script.acts[min(len(script.requests), len(script.acts)) - 1]
        if callable(act):
            act = act(body)
        images = self.path.endswith("/images/generations")
        if wrong := (image_complaint if images else complaint)(body):
            script.complaints.append(wrong)
            act = Status(400, {"error": {"message": wrong, "type": "invalid_request_error"}})
        self.close_connection = True
        try:
            self._play(act, script)
        except (BrokenPipeError, ConnectionResetError):
            script.left.set()

    def do_GET(self):
        held = self.server.script.files.get(self.path)
        self.close_connection = True
        if isinstance(held, str):
            self._head(302, "text/plain", length=0, location=held)
        elif held is None:
            self._head(404, "text/plain", length=0)
        else:
            self._head(200, "application/octet-stream", length=len(held))
            self.wfile.write(held)

    def _play(self, act, script):
        if isinstance(act, Hang):
            script.closing.wait(30)
        elif isinstance(act, Drop):
            if act.after_headers:
                self._head(200, "text/event-stream")
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        elif isinstance(act, Status):
            body = act.body
            if body is None:
                body = {"error": {"message": f"status {act.code}", "type": "error", "code": None}}
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self._head(act.code, "application/json", length=len(raw), **act.headers)
            self.wfile.write(raw)
        else:
            self._stream(act, script)

    def _head(self, code, kind, length=None, **headers):
        self.send_response(code)
        self.send_header("content-type", kind)
        if length is not None:
            self.send_header("content-length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("connection", "close")
        self.end_headers()

    def _stream(self, act, script):
        self._head(200, act.content_type)
        for item in (*act.chunks, *(("data: [DONE]" + act.newline * 2,) if act.done else ())):
            if isinstance(item, int | float):
                if script.closing.wait(item):
                    return
                continue
            said = item if isinstance(item, str) else (
                "data: " + json.dumps(item, ensure_ascii=False) + act.newline * 2)
            raw = said.encode()
            for i in range(0, len(raw), act.piece or len(raw)):
                self.wfile.write(raw[i:i + (act.piece or len(raw))])
                self.wfile.flush()


class Script:
    """What a server will do, and what it was asked."""

    def __init__(self, acts):
        self.acts = list(acts)
        self.requests, self.complaints = [], []
        self.lock, self.closing, self.left = threading.Lock(), threading.Event(), threading.Event()
        self.url, self.files = "", {}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        self.script.left.set()


@contextmanager
def serving(*acts):
    """A server that plays these acts; yields its script with the address in `url`."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.script = script = Script(acts)
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        script.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def closed_port():
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"


def now():
    """Seconds, for deadlines."""
    return time.monotonic()
