"""Reading documents in a process of its own, while one chats."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from lorag.errors import LibraryError

_LINE_LIMIT: Final = 1 << 20


class LibraryJob:
    """One run of ``lorag add`` or ``lorag sync``, told as the JSON objects it prints."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None

    async def events(self) -> AsyncIterator[Mapping[str, Any]]:
        """Run and yield what happens.

        Raises:
            LibraryError: It failed; the message is what it printed last.
        """
        self._process = process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE_LIMIT,
            # Ctrl+C in the chat stops an answer, not the reading of documents.
            start_new_session=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        complaints = asyncio.create_task(process.stderr.read())
        try:
            async for line in process.stdout:
                event = _parsed(line)
                if event is not None:
                    yield event
            said = (await complaints).decode(errors="replace").strip().splitlines()
            if await process.wait() != 0:
                raise LibraryError(
                    said[-1].removeprefix("lorag: ") if said else f"lorag ended with {process.returncode}"
                )
        finally:
            complaints.cancel()
            self.stop()

    def stop(self) -> None:
        """End it; every file that was finished is in the library."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()


def _parsed(line: bytes) -> Mapping[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
