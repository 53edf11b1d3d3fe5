"""Waiting for a condition: polled, with a deadline, and with the last thing seen when it did not come."""
import time

POLL_SECONDS = 0.1  # chosen: short beside every deadline, long beside what one look costs


class TooLate(AssertionError):
    """The condition did not hold in time."""


def wait_for(what, look, limit):
    """Calls `look` until it returns something true, and returns that. `limit` is in seconds.

    A failed look (any AssertionError or OSError, e.g. a refused connection) counts as "not yet".
    """
    began = time.monotonic()
    while True:
        try:
            seen = look()
            if seen:
                return seen
        except (AssertionError, OSError) as error:
            seen = error
        if time.monotonic() - began > limit:
            raise TooLate(f"{what}: not within {limit} s; last seen: {seen!r}")
        time.sleep(POLL_SECONDS)


def seconds_until(what, look, limit):
    """Like wait_for, but returns how long it took."""
    began = time.monotonic()
    wait_for(what, look, limit)
    return time.monotonic() - began
