"""Ends programs that run in a pseudo-terminal."""

import signal

import pexpect


def end(process: pexpect.spawn) -> None:
    """Kill the program if it still runs, and wait until it is gone; a busy machine takes its time for that."""
    if process.isalive():
        process.kill(signal.SIGKILL)
        process.wait()
    process.close()
