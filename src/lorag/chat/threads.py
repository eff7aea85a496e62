"""Work in a thread that a cancelled turn does not leave behind."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def in_thread(function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    """Return ``function(…)``, run in a thread to its end even when the caller is cancelled meanwhile.

    ``asyncio.to_thread`` lets a cancelled caller go on while the thread still works: whoever then closes or uses the
    database connection finds it busy in another thread.
    """
    work = asyncio.ensure_future(asyncio.to_thread(function, *arguments, **named))
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait([work])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        # Nobody waits for the result any more; what went wrong with it is nobody's concern either.
        work.exception()
        raise cancelled
    return work.result()
