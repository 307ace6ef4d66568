"""One connection to the relay that is opened again, after a pause, when it breaks."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from newsletter.config import SmtpConfig
from newsletter.deliver.smtp import Relay, TlsRelay, connect
from newsletter.errors import DeliveryError


class StoppedError(Exception):
    """The run was stopped while this connection waited."""


class Line:
    """A connection and how often in a row it was lost."""

    def __init__(self, smtp: SmtpConfig, pauses: Sequence[float], stop: threading.Event) -> None:
        """`pauses` are the seconds before the second, third, … reconnect in a row; the first is at once."""
        self._smtp = smtp
        self._pauses = (0.0, *pauses)
        self._stop = stop
        self._relay: Relay | TlsRelay | None = None
        self._losses = 0
        self._last: DeliveryError | None = None

    def open(self) -> None:
        """Connect for the first time, without patience.

        Raises:
            ConfigError: trying again will not help.
            DeliveryError: the relay does not take mail now.
        """
        self._relay = connect(self._smtp)

    def relay(self) -> Relay | TlsRelay:
        """The open connection.

        Raises:
            ConfigError: trying again will not help.
            DeliveryError: it was lost too often.
            StoppedError: the run was stopped meanwhile.
        """
        while self._relay is None or not self._relay.is_open:
            if self._losses > len(self._pauses):
                assert self._last is not None
                raise self._last
            if self._losses and self._stop.wait(self._pauses[self._losses - 1]):
                raise StoppedError
            try:
                self._relay = connect(self._smtp)
            except DeliveryError as error:
                self._last = error
                self._losses += 1
        return self._relay

    def lost(self, reason: str) -> None:
        """The relay closed the connection, or asked for it."""
        self.close()
        self._losses += 1
        where = f"{self._smtp.host}:{self._smtp.port}"
        self._last = DeliveryError(f"{where} keeps ending the connection: {reason}", "Run the same command later.")

    def worked(self) -> None:
        """A transaction was answered in full."""
        self._losses = 0

    def close(self) -> None:
        """Leave politely."""
        if self._relay is not None:
            self._relay.leave()
            self._relay = None
