"""Tells which of the followed files and folders have changed, as the operating system reports it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from watchfiles import Change, watch

from lorag.retrieval.survey import is_there

_DEBOUNCE_MS = 1_600
_ROUND_MS = 1_000
"""How long to wait for changes before asking again what is followed."""


def changed_places(followed: Callable[[], list[Path]], *, ignored: Path) -> Iterator[list[Path]]:
    """Yield the followed places that have changed, without end.

    Args:
        followed: Returns what is followed now; another process may add to it.
        ignored: A folder whose changes do not count: lorag's own, should it lie in a followed one.
    """

    def counts(_change: Change, path: str) -> bool:
        return ignored not in Path(path).parents

    while True:
        places = followed()
        watched = [place for place in places if is_there(place)]
        # What changed before the watch began went unseen, so everything counts as changed at first.
        changed: list[Path] = places
        for events in watch(
            *(watched or [ignored]),
            watch_filter=counts,
            debounce=_DEBOUNCE_MS,
            rust_timeout=_ROUND_MS,
            yield_on_timeout=True,
        ):
            changed += [place for place in places if any(_concerns(place, Path(path)) for _, path in events)]
            if changed:
                yield list(dict.fromkeys(changed))
                changed = []
            now = followed()
            if now != places or [place for place in now if is_there(place)] != watched:
                break


def _concerns(place: Path, path: Path) -> bool:
    return place == path or place in path.parents
