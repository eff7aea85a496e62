"""One process at a time goes on with a run; runs of other names do not wait for it."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from lorag.errors import LibraryLockedError, TrainingError
from lorag.library.lock import writer_lock
from lorag.tuning.run_folder import RunFolder


@contextmanager
def run_lock(folder: RunFolder) -> Generator[None]:
    """Hold a run for as long as this process works on it; the system drops the lock when the process dies.

    Raises:
        TrainingError: Another process works on it.
    """
    beside = folder.path.with_name(f".{folder.name}")
    with ExitStack() as held:
        try:
            held.enter_context(writer_lock(beside, command="lorag train", wait_seconds=0.0, on_wait=lambda _: None))
        except LibraryLockedError as error:
            raise TrainingError(
                f"another process is at work on the run {folder.name}; wait for it to end, or choose another --name"
            ) from error
        yield
