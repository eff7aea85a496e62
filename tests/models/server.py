"""A real HTTP server on this machine that serves one file in the ways real servers do, the bad ones included."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Shop:
    """What is served and how."""

    content: bytes
    etag: str | None = '"v1"'
    ranges: bool = True
    tells_length: bool = True
    status: int = 200
    cut_after: list[int] = field(default_factory=list)
    """Bytes of the body after which the connection ends, one for each request; then nothing is cut."""
    failures: list[int] = field(default_factory=list)
    """Status of the first answers."""
    hub_sha256: str | None = None
    """Answer with a redirect that tells this checksum, as Hugging Face does."""
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and Range of every request."""
    address: str = ""

    def url(self, name: str = "model.gguf") -> str:
        return f"{self.address}/{name}"

    @property
    def ranges_asked(self) -> list[str | None]:
        return [asked for _, asked in self.requests]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    shop: Shop


class _Handler(BaseHTTPRequestHandler):
    @property
    def shop(self) -> Shop:
        assert isinstance(self.server, _Server)
        return self.server.shop

    def do_GET(self) -> None:
        self.shop.requests.append((self.path, self.headers.get("Range")))
        if self.shop.failures:
            self._answer(self.shop.failures.pop(0), b"")
        elif self.shop.hub_sha256 and not self.path.startswith("/stored"):
            self.send_response(302)
            self.send_header("X-Linked-Etag", f'"{self.shop.hub_sha256}"')
            self.send_header("Location", f"/stored{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._file()

    def _file(self) -> None:
        start = self._start()
        if start is None or self.shop.status != 200:
            self._answer(self.shop.status, self.shop.content)
        elif start >= len(self.shop.content):
            self._answer(416, b"", f"bytes */{len(self.shop.content)}")
        else:
            place = f"bytes {start}-{len(self.shop.content) - 1}/{len(self.shop.content)}"
            self._answer(206, self.shop.content[start:], place)

    def _start(self) -> int | None:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        same = self.headers.get("If-Range") == self.shop.etag
        return int(match[1]) if match and self.shop.ranges and same else None

    def _answer(self, status: int, body: bytes, place: str | None = None) -> None:
        self.send_response(status)
        if self.shop.etag:
            self.send_header("ETag", self.shop.etag)
        if place:
            self.send_header("Content-Range", place)
        if self.shop.tells_length:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[: self.shop.cut_after.pop(0)] if self.shop.cut_after and status in (200, 206) else body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def serving(shop: Shop) -> Iterator[Shop]:
    """Serve until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.shop = shop
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    shop.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
