"""The parts of a letter as the mail carries them: text, source, headers, and the whole message."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import Any

from newsletter import pipeline
from newsletter.config import Config
from newsletter.deliver import CompiledMessage
from newsletter.model import Recipient
from newsletter.pipeline import Draft, sample_fields
from newsletter.render import fill_html, fill_text
from newsletter.studio.trial import messages_of

_OWN = frozenset({"to", "date", "message-id"})
"""The headers that differ from one recipient's copy to the next."""


class Parts:
    """One letter of a draft, made out to somebody."""

    def __init__(self, draft: Draft, config: Config, variant: str, reader: Recipient) -> None:
        self._draft = draft
        self._config = config
        self._variant = variant
        self._reader = reader

    def text(self) -> str:
        """The text part."""
        return fill_text(self._draft.variants[self._variant], sample_fields(self._reader))

    def source(self) -> str:
        """The HTML part as it is sent, links and all."""
        return fill_html(self._draft.variants[self._variant], sample_fields(self._reader))

    def raw(self) -> bytes:
        """The message: for the sample reader the very bytes that `build` writes as .eml."""
        sample = pipeline.sample_reader(self._config)
        if self._reader == sample:
            return pipeline.sample_eml(self._config, self._draft, self._variant, self._message())
        domain = sample.address.rpartition("@")[2]
        message_id = f"<{self._draft.month.label}.{self._variant}.preview@{domain}>"
        return self._message().eml(self._reader, message_id, self._draft.month.end)

    def headers(self) -> list[dict[str, Any]]:
        """The headers in their order; `own` are the recipient's."""
        message = message_from_bytes(self.raw(), policy=policy.default)
        return [{"name": name, "value": str(value), "own": name.casefold() in _OWN} for name, value in message.items()]

    def _message(self) -> CompiledMessage:
        return messages_of(self._draft, self._config, [self._variant])[self._variant]
