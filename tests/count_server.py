"""A vendor's count endpoint on this machine: it keeps what it was sent and answers what the test says."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Asked(NamedTuple):
    """One request that came in, its headers by their lower-case names."""

    path: str
    headers: dict[str, str]
    body: Any


class Answer(NamedTuple):
    """What goes back."""

    status: int = 200
    content: bytes = b'{"input_tokens": 42}'
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class CountServer:
    """`url` is its base; `asked` what came in, in its order."""

    url: str
    asked: list[Asked] = field(default_factory=list)


@contextlib.contextmanager
def serving(answer: Callable[[Asked], Answer]) -> Iterator[CountServer]:
    """A server that answers every POST by `answer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            asked = Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, json.loads(content))
            server.asked.append(asked)
            found = answer(asked)
            with contextlib.suppress(ConnectionError):  # of a client that waits no more
                self.send_response(found.status)
                self.send_header("content-length", str(len(found.content)))
                for name, value in found.headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(found.content)

        def log_message(self, *_: Any) -> None:
            """Nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server = CountServer(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
