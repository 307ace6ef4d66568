"""What the page asks for beside the picture, and the few things it may change. For the thread in which letters are made."""

from __future__ import annotations

from typing import Any, cast

from msgspec import Struct

from newsletter import notes, pipeline
from newsletter.config import Config
from newsletter.errors import ContentError, NewsletterError, UsageError
from newsletter.facts import require_possible
from newsletter.model import Image
from newsletter.notes import Wish
from newsletter.pipeline import Draft
from newsletter.studio import overview
from newsletter.studio.changes import changes_json
from newsletter.studio.parts import Parts
from newsletter.studio.proofs import Proofs
from newsletter.studio.reading import Reading
from newsletter.studio.telling import Telling, known_ids
from newsletter.studio.trial import Trial, Wanted, refused_all, send

_WISHES = ("pin", "mute", "none")


class RefusedError(Exception):
    """A request that is answered with an error of this HTTP status."""

    def __init__(self, status: int, error: NewsletterError) -> None:
        super().__init__(error.message)
        self.status = status
        self.error = error


class Answers:
    """Answers from the proofs of one edition."""

    def __init__(self, proofs: Proofs) -> None:
        self._proofs = proofs
        self._trial = Trial()

    # --- reading --------------------------------------------------------------------------

    def facts(self) -> dict[str, Any]:
        """All facts, by what became of them."""
        reading = self._reading()
        file = overview.file_of(reading, "edition.yaml")
        return self._telling().facts_json() | {"editable": overview.sent_json(reading) is None, "file": file}

    def evidence(self, fact: str) -> dict[str, Any]:
        """Where one number comes from."""
        try:
            explained = pipeline.explain(self._proofs.sound_letters(), fact, self._reading().config)
        except UsageError as error:
            raise RefusedError(404, error) from None
        return self._telling().evidence_json(explained)

    def changes(self) -> dict[str, Any]:
        """What is not as it was approved."""
        return changes_json(self._reading(), self._proofs.sound_letters(), whole=self._proofs.names())

    def parts(self, variant: str, reader: str) -> Parts:
        """The parts of one letter."""
        self._require_letter(variant)
        return Parts(self._proofs.letters([variant]), self._reading().config, variant, self._proofs.reader(reader))

    def image(self, variant: str, name: str) -> Image:
        """An image that the letter carries."""
        self._require_letter(variant)
        carried = {one.id: one for one in self._proofs.proof(variant).letter.rendered.attachments}
        if name not in carried:
            raise RefusedError(404, UsageError("there is no such image in this letter"))
        return carried[name]

    def _reading(self) -> Reading:
        reading = self._proofs.reading
        if reading is None or reading.material is None:
            raise RefusedError(404, self._proofs.error or UsageError("there are no numbers of this month yet"))
        return reading

    def _telling(self) -> Telling:
        reading = self._reading()
        assert reading.material is not None, "asked for just above"
        return Telling(self._proofs.sound_letters(), reading.config, reading.material.editorial)

    def _require_letter(self, variant: str) -> None:
        self._reading()
        if not self._proofs.has(variant):
            raise RefusedError(404, UsageError("there is no such letter"))

    # --- changing -------------------------------------------------------------------------

    def decide(self, fact: str, data: Any) -> None:
        """Pin or mute a fact; it is written to the edition's folder, so that it is read and approved like a note."""
        wish = data.get("state") if isinstance(data, dict) else None
        if wish not in _WISHES:
            raise RefusedError(422, UsageError('state is "pin", "mute" or "none"'))
        reading, draft = self._editable(), self._proofs.sound_letters()
        if fact not in known_ids(draft):
            raise RefusedError(404, UsageError(f"no fact {fact!r} in {draft.month.label}"))
        assert reading.material is not None, "an edition can be changed only with its numbers"
        ids = notes.wished(reading.material.editorial, fact, cast("Wish", wish))
        known = {one.id for one in draft.facts}
        refused = {name: why for name, why in draft.selection.passed_over.items() if name not in known}
        try:
            if wish != "none":
                require_possible(draft.facts, reading.config, refused=refused, **ids)
            notes.decide(reading.folder, fact, cast("Wish", wish), config=reading.config)
        except ContentError as error:
            raise RefusedError(409, error) from None

    def choose_subject(self, data: Any) -> None:
        """Use another of the proposed subjects."""
        number = data.get("nth") if isinstance(data, dict) else None
        most = max((len(one.subjects) for one in self._proofs.sound_letters().editions.values()), default=1)
        if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= most:
            raise RefusedError(422, UsageError(f"nth is the number of a proposed subject, 1 to {most}"))
        reading = self._editable()
        try:
            notes.choose_subject(reading.folder, number, config=reading.config)
        except ContentError as error:
            raise RefusedError(409, error) from None

    def _editable(self) -> Reading:
        reading = self._reading()
        if overview.sent_json(reading):
            raise RefusedError(409, UsageError(f"{reading.month.label} has been sent, so it is only read here"))
        return reading

    def trial(self, data: Any) -> Mailing:
        """The test mails that a request asks for, if it may have them."""
        given = data if isinstance(data, dict) else {}
        to, names = given.get("to"), given.get("variants")
        if not (_texts(to) and to and _texts(names) and names):
            raise RefusedError(422, UsageError("a test mail needs `to` and `variants`, each a list of texts"))
        for name in names:
            self._require_letter(name)
        wanted = Wanted(
            to=tuple(dict.fromkeys(to)),
            variants=tuple(dict.fromkeys(names)),
            reader=self._proofs.reader(str(given.get("as", "sample"))),
            mark=given.get("mark") is not False,
        )
        draft, config = self._proofs.letters(wanted.variants), self._reading().config
        try:
            self._trial.require_allowed(wanted, config)
        except UsageError as error:
            raise RefusedError(429, error) from None
        except ContentError as error:
            raise RefusedError(422, error) from None
        return Mailing(wanted=wanted, draft=draft, config=config)


class Mailing(Struct, frozen=True, kw_only=True):
    """Test mails with all that they are made of, so that sending them asks the proofs nothing: it is for any thread."""

    wanted: Wanted
    draft: Draft
    config: Config

    def send(self) -> list[dict[str, Any]]:
        """Send them; what the relay said to each. Takes as long as the relay does."""
        try:
            return send(self.wanted, self.draft, self.config)
        except ContentError as error:
            raise RefusedError(422, error) from None
        except NewsletterError as error:
            return refused_all(self.wanted, error)


def _texts(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) and one.isprintable() for one in given)
