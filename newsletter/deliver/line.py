"""One connection to the relay that is opened again, after a pause, when it breaks or grows old."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence

from newsletter.config import SmtpConfig
from newsletter.deliver.replies import Reply
from newsletter.deliver.smtp import Relay, TlsRelay, connect, is_crowded
from newsletter.errors import DeliveryError

_IDLE_S = 25.0  # relays close what is silent for longer; asking costs one round trip
_USED = 20  # mails after which a 421 only ends this connection, rather than asking for fewer of them


class StoppedError(Exception):
    """The run was stopped while this connection waited."""


class RetiredError(StoppedError):
    """The relay wants fewer connections, and this one is given up for the others."""


class Connections:
    """How many connections the relay bears: one less after each that it found too many, at least one."""

    def __init__(self, number: int) -> None:
        """`number` is what the run begins with."""
        self._number = number
        self._working = number
        self._lock = threading.Lock()

    @property
    def number(self) -> int:
        """How many are left."""
        return self._number

    def give_up_one(self) -> bool:
        """Whether the caller's connection is one too many; it then must end. The last that works never is."""
        with self._lock:
            spare = self._number > 1 and self._working > 1
            self._number -= spare
            self._working -= spare
            return spare

    def ended(self) -> None:
        """The caller's connection found nothing more to do."""
        with self._lock:
            self._working -= 1


class Line:
    """A connection and how often in a row it was lost."""

    def __init__(
        self,
        smtp: SmtpConfig,
        pauses: Sequence[float],
        stop: threading.Event,
        connections: Connections | None = None,
    ) -> None:
        """`pauses` are the seconds before the second, third, … reconnect in a row; the first is at once."""
        self._smtp = smtp
        self._pauses = (0.0, *pauses)
        self._stop = stop
        self._connections = connections or Connections(1)
        self._relay: Relay | TlsRelay | None = None
        self._losses = 0
        self._retired = False
        self._last: DeliveryError | None = None
        self._carried = 0
        self._used_at = time.monotonic()

    def open(self) -> None:
        """Connect for the first time, without patience.

        Raises:
            ConfigError: trying again will not help.
            DeliveryError: the relay does not take mail now.
        """
        self._connect()

    def relay(self) -> Relay | TlsRelay:
        """The open connection, a new one if it is worn out.

        Raises:
            ConfigError: trying again will not help.
            DeliveryError: it was lost too often.
            RetiredError: the relay wants fewer connections than there are.
            StoppedError: the run was stopped meanwhile.
        """
        self._renew()
        while self._relay is None or not self._relay.is_open:
            if self._retired:
                raise RetiredError
            if self._losses > len(self._pauses):
                assert self._last is not None
                raise self._last
            if self._losses and self._stop.wait(self._pause()):
                raise StoppedError
            self._try_to_connect()
        return self._relay

    @property
    def goes_on(self) -> bool:
        """Whether the connection carries another mail after the next one."""
        return self._carried + 1 < self._smtp.messages_per_connection

    def abandon(self) -> None:
        """No mail follows at once; see `transmit`."""
        if self._relay is not None:
            self._relay.abandon()

    def answered(self, reply: Reply, *, closing: bool) -> None:
        """A transaction was answered in full; `closing` if the connection must end with it."""
        self._used_at = time.monotonic()
        self._carried += 1
        if not closing:
            self._losses = 0
            return
        if reply.code == 432 or self._carried < _USED:
            self._retired = self._connections.give_up_one()
        self.lost(str(reply))

    def lost(self, reason: str) -> None:
        """The relay closed the connection, or asked for it."""
        self.close()
        self._losses += 1
        where = f"{self._smtp.host}:{self._smtp.port}"
        self._last = DeliveryError(f"{where} keeps ending the connection: {reason}", "Run the same command later.")

    def close(self) -> None:
        """Leave politely."""
        if self._relay is not None:
            self._relay.leave()
            self._relay = None

    def _connect(self) -> None:
        self._relay = connect(self._smtp)
        self._carried = 0
        self._used_at = time.monotonic()

    def _try_to_connect(self) -> None:
        try:
            self._connect()
        except DeliveryError as error:
            self._last = error
            self._losses += 1
            if is_crowded(error):
                self._retired = self._connections.give_up_one()

    def _renew(self) -> None:
        """Leave a connection that carried its share, or that the relay closed while it was idle."""
        if self._relay is None or not self._relay.is_open:
            return
        worn = self._carried >= self._smtp.messages_per_connection
        if worn or (time.monotonic() - self._used_at > _IDLE_S and not self._relay.is_alive()):
            self.close()

    def _pause(self) -> float:
        """With up to a fifth more, so that connections lost together do not come back together."""
        return self._pauses[self._losses - 1] * random.uniform(1.0, 1.2)  # noqa: S311 - no secret
