"""Several processes that train one model together, as far as no framework is needed."""

import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import (
    AbstractContextManager,
    contextmanager,
    nullcontext,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from dataclasses import dataclass
from typing import Any, TextIO

from deconv.errors import ConfigError, TrainingError

MEETING_SECONDS = 60.0
"""How long the workers wait for each other at the start."""
ANSWER_SECONDS = 600.0
"""How long they wait for an answer later: one of them may have images to download first."""
LOST = (
    "another worker ended or cannot be reached; if it says nothing that you can mend, the same "
    "command with --resume, also with another number of workers, goes on from the last checkpoint"
)


def _alone(mine: Any) -> list[Any]:
    return [mine]


@dataclass(frozen=True)
class Workers:
    """Which of the processes this one is. A process on its own is the only worker."""

    rank: int = 0
    count: int = 1
    exchange: Callable[[Any], list[Any]] = _alone
    """Tells all workers a value, as JSON can hold it; returns every worker's. All must call it."""
    scope: Callable[[], AbstractContextManager[Any]] = nullcontext
    """Makes a context in which the framework builds what the workers share."""

    @property
    def leads(self) -> bool:
        """Whether this worker writes the files and speaks; one of them does."""
        return self.rank == 0

    @contextmanager
    def one_speaks(self) -> Iterator[None]:
        """Make a context in which nothing that another worker than the first prints is seen.

        An error that leaves the context is said all the same.
        """
        if self.leads:
            yield
            return
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            yield

    def check_same(self, settings: dict[str, Any]) -> None:
        """Raise `ConfigError` on all workers when one of them has other settings."""
        first, *others = self.exchange(settings)
        for rank, theirs in enumerate(others, start=1):
            for name, value in first.items():
                if theirs.get(name) != value:
                    raise ConfigError(
                        f"worker 0 has {name} {value}, worker {rank} has {theirs.get(name)}; "
                        "give all workers the same flags, data and versions"
                    )


ALONE = Workers()


def check_host(variable: str, host: str) -> None:
    """Raise `ConfigError` when there is no host of that name, which the variable gives."""
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError) as error:
        raise ConfigError(
            f"{variable} names {host!r}, and no such host is found ({error})"
        ) from error


def listen(address: tuple[str, int]) -> socket.socket:
    """Take this machine's port of that address; raises `OSError` when it is in use."""
    family = socket.getaddrinfo(*address)[0][0]
    return socket.create_server(("", address[1]), family=family)


def not_met(rank: int, leader: tuple[str, int], reason: Exception) -> TrainingError:
    """Return the error of a worker that did not find the others at the leader's address."""
    return TrainingError(
        f"worker {rank} did not meet the others at {leader[0]}:{leader[1]} "
        f"({str(reason).splitlines()[0]}); start all of them within {MEETING_SECONDS:.0f} seconds, "
        "with addresses that nothing else uses"
    )


def meet(rank: int, count: int, leader: tuple[str, int]) -> Callable[[Any], list[Any]]:
    """Connect all workers at host and port of the first; return their `exchange`.

    Raises `TrainingError` when they are not all there within `MEETING_SECONDS`.
    """
    deadline = time.monotonic() + MEETING_SECONDS
    try:
        if rank > 0:
            streams = [_report(leader, _greeting(rank, count), deadline)]
        else:
            with listen(leader) as server:
                streams = _welcome(server, count, deadline)
    except (OSError, ValueError) as error:
        raise not_met(rank, leader, error) from error

    def exchange(mine: Any) -> list[Any]:
        try:
            if rank > 0:
                _say(json.dumps(mine), streams[0])
                return json.loads(streams[0].readline())
            every = [mine, *(json.loads(stream.readline()) for stream in streams)]
            for stream in streams:
                _say(json.dumps(every), stream)
            return every
        except (OSError, ValueError) as failure:  # a ValueError where a line broke off
            raise TrainingError(LOST) from failure

    return exchange


def _welcome(server: socket.socket, count: int, deadline: float) -> list[TextIO]:
    """Wait for all other workers, and tell them when they are all there."""
    streams: dict[str, TextIO] = {}
    expected = [_greeting(rank, count) for rank in range(1, count)]
    while missing := [greeting for greeting in expected if greeting not in streams]:
        server.settimeout(_left(deadline))
        try:
            connection, _ = server.accept()
        except TimeoutError as error:
            raise TimeoutError(f"not there: {', '.join(missing)}") from error
        with connection, suppress(OSError, ValueError):  # a stranger may call
            connection.settimeout(_left(deadline))
            stream = connection.makefile("rw")
            if (greeting := stream.readline(100).strip()) in missing:
                connection.settimeout(ANSWER_SECONDS)
                streams[greeting] = stream
    for greeting in expected:
        _say(_WELCOME, streams[greeting])
    return [streams[greeting] for greeting in expected]


def _report(leader: tuple[str, int], greeting: str, deadline: float) -> TextIO:
    """Find the first worker and greet it; wait until it says that all are there."""
    with _connect(leader, deadline) as connection:
        stream = connection.makefile("rw")
        _say(greeting, stream)
        connection.settimeout(_left(deadline) + 1)  # its own answer, if it has one, comes first
        if stream.readline().strip() != _WELCOME:
            raise ConnectionError("worker 0 ended, or does not know this one")
        connection.settimeout(ANSWER_SECONDS)
        return stream


def _connect(address: tuple[str, int], deadline: float) -> socket.socket:
    while True:
        try:
            return socket.create_connection(address, _left(deadline))
        except OSError:  # nobody is there yet
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


_WELCOME = "all are here"


def _greeting(rank: int, count: int) -> str:
    return f"worker {rank} of {count}"


def _say(line: str, stream: TextIO) -> None:
    print(line, file=stream, flush=True)


def _left(deadline: float) -> float:
    """Return the seconds until then, for a socket: there 0 means something else."""
    return max(deadline - time.monotonic(), 0.001)
