"""Chat models for tests: one with scripted answers, and an OpenAI-compatible server on loopback."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

Reply = Callable[[list[dict[str, Any]]], Any]


def shown_in(text: str) -> list[dict[str, Any]]:
    """The candidates of a prompt, read as the model is instructed to."""
    _, _, behind = text.partition("<candidates>")
    found: list[dict[str, Any]] = json.loads(behind.partition("</candidates>")[0])
    return found


def reversed_order(shown: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "ranking": [{"ticker": c["ticker"], "reason": f"because of {c['ticker']}"} for c in reversed(shown)]
    }


class Scripted(BaseChatModel):
    """Answers with a tool call of what ``reply`` makes of the candidates shown; with words if that is text."""

    reply: Any
    usage: Any = None
    _heard: list[list[BaseMessage]] = PrivateAttr(default_factory=list)

    @property
    def heard(self) -> list[list[BaseMessage]]:
        return self._heard

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self.bind(tools=tools)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self._heard.append(messages)
        made = self.reply(shown_in(str(messages[-1].content)))
        if isinstance(made, str):
            message = AIMessage(content=made, usage_metadata=self.usage)
        else:
            calls = [{"name": "Ranking", "args": made, "id": "1"}]
            message = AIMessage(content="", tool_calls=calls, usage_metadata=self.usage)
        return ChatResult(generations=[ChatGeneration(message=message)])


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server: Any = self.server
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server.requests.append(request)
        status, body = server.answer(request)
        data = json.dumps(body).encode()
        with contextlib.suppress(OSError):  # the client has given up
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


Answer = Callable[[dict[str, Any]], tuple[int, Any]]


def answering(reply: Reply) -> Answer:
    """An answer of ``/v1/chat/completions`` whose content is the reply as JSON."""

    def answer(request: dict[str, Any]) -> tuple[int, Any]:
        made = reply(shown_in(request["messages"][-1]["content"]))
        return completion(json.dumps(made))(request)

    return answer


def completion(content: str | None, *, refusal: str | None = None, finish: str = "stop") -> Answer:
    """The same with this content, whatever is asked."""

    def answer(request: dict[str, Any]) -> tuple[int, Any]:
        message = {"role": "assistant", "content": content, "refusal": refusal}
        return 200, {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_770_000_000,
            "model": request["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 70, "total_tokens": 970},
        }

    return answer


@contextlib.contextmanager
def openai_server(answer: Answer) -> Iterator[Any]:
    """Serve ``answer`` on loopback; the server has ``requests`` and ``server_port``."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.answer, server.requests = answer, []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
