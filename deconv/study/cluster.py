"""The study on a Dask cluster: more machines, the same queue.

A worker does what the queue does on its own machine: it starts trainings and waits for
them. So it needs what they need, which is checked at the beginning: this repository as its
current folder, the packages installed, and the folder of the study, at the same place on a
disk that all machines share. (Several workers on one machine share its disk anyway.)

Whoever can reach a scheduler or a worker can let it run any program. Dask's addresses that
begin with `tcp://` have no password: use them on one machine, or in a network you trust.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from deconv.errors import UserError
from deconv.files import shown
from deconv.study.jobs import Job
from deconv.study.results import failure
from deconv.study.training import Outcome, Work

PATIENCE = 5
"""Seconds in which a scheduler must answer, and then have its first worker."""


class ClusterError(UserError):
    """A Dask cluster is not there, or cannot do what is asked of it."""


class Cluster:
    """The workers of a Dask scheduler."""

    def __init__(self, address: str, client: Any) -> None:
        self.address, self.client = address, client
        self.count: int = sum(client.ncores().values())
        """Trainings at a time."""

    def hand_out(self, work: Work, todo: Sequence[Job]) -> Iterator[Outcome]:
        """Give the outcomes of jobs as they come.

        A job whose worker dies is given to another one. Not through joblib: its backend for
        Dask waits for ever for a job that no worker survives. Raises `ClusterError` when the
        scheduler is gone.
        """
        from distributed import as_completed

        jobs = {
            self.client.submit(work.do, job, pure=False, priority=-number): job
            for number, job in enumerate(todo)
        }
        for future in as_completed(jobs, loop=self.client.loop):
            if future.status == "finished":
                yield future.result()
            elif future.status == "error":
                job, error = jobs[future], future.exception()
                yield Outcome(job, failure(job, f"{type(error).__name__}: {error}"), 0.0)
            else:
                raise ClusterError(
                    f"--cluster {self.address}: the scheduler is gone; start it and its workers "
                    "again, then give the same command again"
                )


@contextmanager
def cluster_at(address: str, lock: Path) -> Iterator[Cluster]:
    """Connect to the scheduler at an address like `tcp://127.0.0.1:8786`.

    `lock` is a file that the study has, and so its workers must see. Raises `ClusterError`
    when there is no such cluster, or one of its workers does not see what it should.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ClusterError(
            "--cluster needs Dask, which is not installed; "
            "install it with: python -m pip install -e '.[cluster]' -c constraints.txt"
        ) from error
    for name in ("distributed", "distributed.client"):  # what matters is said by a ClusterError
        logging.getLogger(name).setLevel(logging.CRITICAL)
    _check_answer(address)
    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        start = f"python -m distributed.cli.dask_worker {address} --nthreads 1"
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
            sees = client.run(_exists, str(lock))
        except TimeoutError as error:
            raise ClusterError(
                f"--cluster {address}: there is no worker; start some, in this folder: {start}"
            ) from error
        except Exception as error:  # whatever a worker raises comes as it likes
            raise ClusterError(
                f"--cluster {address}: a worker cannot load this project ({error}); "
                f"start it in this folder: {start}"
            ) from error
        if blind := [worker for worker, found in sees.items() if not found]:
            raise ClusterError(
                f"--cluster {address}: the worker {blind[0]} does not see the folder of "
                f"{shown(lock)}; the study must be on a disk that all workers share"
            )
        yield Cluster(address, client)


def _check_answer(address: str) -> None:
    """Raise `ClusterError` unless a Dask scheduler answers: its client may wait for ever."""
    from distributed import rpc

    async def ask() -> None:
        async with asyncio.timeout(PATIENCE), rpc(address) as scheduler:
            await scheduler.identity()

    try:
        asyncio.run(ask())
    except Exception as error:  # of many kinds, for each way to write an address wrongly
        reason = str(error) and f" ({error})"
        raise ClusterError(
            f"--cluster {address}: no Dask scheduler answers there{reason}; start one with "
            "'python -m distributed.cli.dask_scheduler', which prints its address"
        ) from error


def _exists(path: str) -> bool:
    return Path(path).exists()
