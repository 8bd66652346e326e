"""A stand-in of the Messages API on the loopback: it answers from a script and keeps what it was asked.

A script gives each speaker its turns. A subagent is known by the first heading of its system prompt
(`# name:`), whoever else asks is the session. Which turn is due follows from the answers that the request
itself holds, so that nothing is counted here.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

#: Who speaks where no subagent does.
SESSION = "session"


@dataclass(frozen=True)
class Call:
    """One use of a tool that the model asks for."""

    tool: str
    given: Mapping[str, Any]


#: What the model answers: words, which end the turn, or tools, whose results come with the next request.
Turn = str | Sequence[Call]


@dataclass(frozen=True)
class Result:
    """What came back of a call."""

    text: str
    failed: bool


@dataclass(frozen=True)
class Request:
    """What the client sent when a speaker was to answer."""

    speaker: str
    body: Mapping[str, Any]

    @property
    def tools(self) -> set[str]:
        """Names of the tools the speaker has."""
        return {tool["name"] for tool in self.body.get("tools", ())}

    @property
    def system(self) -> str:
        """The system prompt."""
        return text_of(self.body.get("system"))

    @property
    def told(self) -> str:
        """Everything but the model's own words and the system prompt: prompts, reminders, results."""
        return "\n".join(
            text_of(said["content"]) for said in self.body["messages"] if said["role"] != "assistant"
        )

    def results(self) -> Iterator[Result]:
        """Yield the results of all calls so far, in the order they were made."""
        asked: list[str] = []
        came: dict[str, Result] = {}
        for message in self.body["messages"]:
            for block in message["content"] if isinstance(message["content"], list) else []:
                if block["type"] == "tool_use":
                    asked.append(block["id"])
                elif block["type"] == "tool_result":
                    came[block["tool_use_id"]] = Result(
                        text_of(block.get("content")), block.get("is_error", False)
                    )
        return (came[name] for name in asked)


def text_of(content: Any) -> str:
    """Return the words in a message's content: a text, blocks, or blocks within a result."""
    if isinstance(content, list):
        return "\n".join(text_of(block) for block in content)
    if isinstance(content, dict):
        return text_of(content.get("text") or content.get("content"))
    return content or ""


class Model(ThreadingHTTPServer):
    """The server: `requests` holds what speakers were asked, `reached` every path that was called."""

    daemon_threads = True

    def __init__(self, script: Mapping[str, Sequence[Turn]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script = script
        self.requests: list[Request] = []
        self.reached: set[str] = set()
        self.calls = count(1)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def of(self, speaker: str) -> list[Request]:
        """Return the requests of a speaker."""
        return [request for request in self.requests if request.speaker == speaker]

    def answer(self, body: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the blocks of whoever speaks next; where the script has nothing it says that it is done."""
        heading = re.search(r"^# ([a-z-]+):", text_of(body.get("system")), re.MULTILINE)
        speaker = heading[1] if heading and heading[1] in self.script else SESSION
        if speaker == SESSION and not body.get("tools"):  # a title, a summary: the client asks for itself
            return [{"type": "text", "text": "nothing"}]
        self.requests.append(Request(speaker, body))
        turns = self.script[speaker]
        spoken = sum(message["role"] == "assistant" for message in body["messages"])
        turn = (turns[spoken] if spoken < len(turns) else "") or "done"
        if isinstance(turn, str):
            return [{"type": "text", "text": turn}]
        return [
            {
                "type": "tool_use",
                "id": f"toolu_{next(self.calls):06}",
                "name": call.tool,
                "input": dict(call.given),
            }
            for call in turn
        ]


class _Handler(BaseHTTPRequestHandler):
    server: Model

    def log_message(self, *_: Any) -> None:
        """Say nothing: a test's output is its own."""

    def do_GET(self) -> None:
        """Know of no models, and of nothing else."""
        self._json({"data": [], "has_more": False})

    def do_HEAD(self) -> None:
        """Be there."""
        self._json({})

    def do_POST(self) -> None:
        """Answer a message, in events where they are asked for."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        if not self.path.partition("?")[0].endswith("/messages"):
            self._json({"input_tokens": 1})
            return
        blocks = self.server.answer(body)
        message = {
            "id": f"msg_{next(self.server.calls):06}", "type": "message", "role": "assistant",
            "model": body["model"], "usage": {"input_tokens": 1, "output_tokens": 1},
            "content": blocks, "stop_sequence": None,
            "stop_reason": "tool_use" if blocks[0]["type"] == "tool_use" else "end_turn",
        }  # fmt: skip
        if body.get("stream"):
            self._send("text/event-stream", "".join(_events(message)))
        else:
            self._json(message)

    def _json(self, body: Mapping[str, Any]) -> None:
        self._send("application/json", json.dumps(body))

    def _send(self, kind: str, text: str) -> None:
        self.server.reached.add(self.path.partition("?")[0])
        data = text.encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _events(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield a message as server-sent events: begun, block by block, ended."""

    def event(kind: str, **more: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n"

    yield event("message_start", message={**message, "content": [], "stop_reason": None})
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield event("content_block_start", index=index, content_block=empty)
        yield event("content_block_delta", index=index, delta=delta)
        yield event("content_block_stop", index=index)
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield event("message_delta", delta=ended, usage=message["usage"])
    yield event("message_stop")
