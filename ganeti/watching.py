"""From job files to messages: what has changed, what of it is news, and noting it as told once it is safe.

``Watching`` is one daemon's loop over a :class:`ganeti.directory.Directory`: a look at everything at the start, when
events were missed and by timer; between them the changes as they come. Nothing is noted before ``Shipping.send`` has
returned, so a crash repeats and never loses.
"""

from collections.abc import Callable, Iterable

import structlog

from ganeti import jobfile, metrics
from ganeti.cursor import Cursor
from ganeti.directory import Directory
from ganeti.explaining import explained
from ganeti.jobfile import Job
from ganeti.publishing import Shipping
from ganeti.spool import SpoolFull
from ganeti.vocabulary import number_of
from logic import clock
from logic.errors import Malformed
from logic.messages import codec
from logic.messages.observations import JobChanged

log = structlog.get_logger(__name__)
AT_ONCE = 100  # jobs read before what they tell is sent
ARCHIVE_LOOKS = 10_000  # how far back the archive is searched for jobs that came and went while nobody watched


class Watching:
    """``prefix`` is ``BACKEND_PREFIX_ID``: jobs of other instances are not told, unless they carry a command of ours.
    ``looked`` is called after each whole look. ``rescan`` and ``save`` are seconds between looks at everything and between
    writings of the cursor."""

    def __init__(  # noqa: PLR0913 - one daemon's parts
        self,
        directory: Directory,
        cursor: Cursor,
        shipping: Shipping,
        *,
        cluster: str,
        incarnation: str,
        prefix: str,
        looked: Callable[[], None] = lambda: None,
        rescan: float = 60.0,
        save: float = 1.0,
    ) -> None:
        self._directory, self._cursor, self._shipping = directory, cursor, shipping
        self._cluster, self._incarnation, self._prefix = cluster, incarnation, prefix
        self._looked, self._rescan, self._save = looked, rescan, save
        self._save_at = 0.0
        self._owing = False

    async def run(self) -> None:
        """Until cancelled. Raises ``OSError`` when the directory is gone."""
        try:
            await self.look_at_all()
            due = clock.monotonic() + self._rescan
            while True:
                changes = await self._directory.changes(min(self._save, self._rescan))
                if changes.missed or self._owing or clock.monotonic() >= due:
                    await self.look_at_all()
                    due = clock.monotonic() + self._rescan
                else:
                    self._owing = not await self._tell(dict.fromkeys(changes.jobs, ""))
                if clock.monotonic() >= self._save_at:
                    self._keep()
        finally:
            self._keep()

    async def look_at_all(self) -> None:
        """Every job in the queue that is not told as it stands, and those that left it untold."""
        listing = self._directory.listing()
        newest = max(self._directory.last_job(), max(listing, default=0))
        archived = dict.fromkeys([*self._cursor.unfinished(listing), *self._unseen(listing, newest)], "")
        complete = await self._tell(archived | {job: listing[job] for job in self._cursor.unread(listing)})
        if complete:
            self._cursor.settle(listing, newest)
            metrics.LOOKED.labels(self._cluster).set(clock.timestamp())
            self._looked()
        self._owing = not complete

    def _unseen(self, listing: dict[int, str], newest: int) -> Iterable[int]:
        """Jobs that came and were archived while nobody watched. Before a first start nothing is owed."""
        if self._cursor.fresh:
            return []
        oldest = max(self._cursor.highest, newest - ARCHIVE_LOOKS) + 1
        return [job for job in range(oldest, newest + 1) if job not in listing]

    async def _tell(self, versions: dict[int, str]) -> bool:
        """Read these jobs, in the order of their ids, and send what is new of them. False when there was no room."""
        jobs = sorted(versions)
        for start in range(0, len(jobs), AT_ONCE):
            numbers = jobs[start : start + AT_ONCE]
            read = [(job, versions[one]) for one in numbers if (job := self._read(one, versions[one]))]
            news = [one for job, _ in read for one in self._news(job)]
            try:
                await self._shipping.send([("op", codec.encode(one)) for one in news])
            except SpoolFull as error:
                metrics.SPOOL_FULL.labels(self._cluster).inc()
                log.warning("eventd.spool_full", cluster=self._cluster, error=str(error), advice="told again later")
                return False
            for job, version in read:
                self._cursor.tell(job, version)
            for one in news:
                _log(one)
        return True

    def _read(self, number: int, version: str) -> Job | None:
        """None when there is nothing to tell, or not yet."""
        try:
            raw = self._directory.read(number)
            if raw is None:
                self._cursor.forget(number)
                return None
            return explained(self._checked(jobfile.parse(raw), number), self._other)
        except PermissionError:
            self._cursor.owe(number)  # queued: readable from its next status on, which is another event
        except OSError as error:
            metrics.UNREADABLE.labels(self._cluster).inc()
            log.warning("eventd.unreadable", job=number, error=str(error))
        except Malformed as error:
            metrics.UNREADABLE.labels(self._cluster).inc()
            log.warning("eventd.malformed", job=number, error=str(error)[:300])
            self._cursor.pass_over(number, version)
        return None

    def _other(self, number: int) -> Job | None:
        """A job that another one needed, if it can be read."""
        try:
            raw = self._directory.read(number)
            return jobfile.parse(raw) if raw is not None else None
        except (OSError, Malformed):
            return None

    @staticmethod
    def _checked(job: Job, number: int) -> Job:
        if job.id != number:
            raise Malformed(f"the file of job {number} says it is job {job.id}")
        return job

    def _news(self, job: Job) -> list[JobChanged]:
        fresh = set(self._cursor.news(job))
        told = jobfile.observations(job, self._cluster, self._incarnation)
        return [one for one in told if one.op in fresh and self._is_ours(one.instance, one.command)]

    def _is_ours(self, instance: str, command: str) -> bool:
        return bool(command) or number_of(self._prefix, instance) is not None

    def _keep(self) -> None:
        self._save_at = clock.monotonic() + self._save
        try:
            self._cursor.save()
        except OSError as error:
            log.warning("eventd.cursor_not_saved", error=str(error), advice="after a restart, things are told again")


def _log(one: JobChanged) -> None:
    """The line by which a command is followed here: its id came in the job's reason trail."""
    log.info(
        "eventd.told",
        command=one.command,
        job=one.job,
        event_id=one.key(),
        op=one.op,
        status=one.status,
        instance=one.instance,
    )
