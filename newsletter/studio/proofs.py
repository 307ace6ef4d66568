"""The proofs of one edition: what it is now, letter by letter, and the last good state of each. For one thread."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from newsletter import approval, check, notes, pipeline
from newsletter.errors import NewsletterError
from newsletter.model import Finding, Recipient
from newsletter.pipeline import Draft, Variant
from newsletter.studio import overview, readers
from newsletter.studio.changes import changed_files, changed_sections
from newsletter.studio.faults import error_json
from newsletter.studio.frame import View
from newsletter.studio.picture import Shown, finding_json, picture_json, sent_bytes, worst
from newsletter.studio.readers import Readers
from newsletter.studio.reading import Letter, Press, Reading, has_drafts, read


class Proof(Struct, frozen=True, kw_only=True):
    """One letter as it would be sent, and what was found in it: in what it is now if `examined`, else in what it was."""

    reading: Reading
    letter: Letter
    findings: tuple[Finding, ...]
    passed: tuple[str, ...]
    examined: bool


class Proofs:
    """Reads an edition and makes its letters, as often as asked."""

    def __init__(self, path: Path, label: str | None) -> None:
        """`path` is the config, `label` the month; None is the last complete one."""
        self._path = path
        self._label = label
        self._press = Press()
        self._proofs: dict[str, Proof] = {}
        self._shown: dict[tuple[str, bool], Letter] = {}
        self._around: tuple[Reading, check.Surroundings] | None = None
        self._draft: Draft | None = None
        self._readers: Readers | None = None
        self._kept: approval.Approved | None = None
        self._good_at = ""
        self.reading: Reading | None = None
        self.error: NewsletterError | None = None
        self.worse = False

    # --- reading --------------------------------------------------------------------------

    def read(self) -> None:
        """Look at the files; `worse` tells that a note is at fault which was not before.

        Raises:
            NewsletterError: the config, the numbers or the editors' decisions are at fault; all stays as it was.
        """
        reading = read(self._path, self._label)
        self.worse = bool(self.reading and reading.faulty - self.reading.faulty)
        self.reading, self._draft = reading, None
        self._kept = approval.kept(reading.folder)
        names = set(self.names())
        self._proofs = {name: proof for name, proof in self._proofs.items() if name in names}

    def failed(self, error: NewsletterError) -> None:
        """Nothing new can be shown until this is mended."""
        self.error = error

    def mended(self) -> None:
        """What is shown now is what the files say."""
        self.error = None
        self._good_at = datetime.now().astimezone().strftime("%H:%M:%S")

    def as_json(self, error: NewsletterError) -> dict[str, Any]:
        """An error for the page, without the time of a picture: it is about a request."""
        return error_json(error, self._path.absolute().parent)

    def error_json(self) -> dict[str, Any] | None:
        """What stands in the way of a picture, for the page."""
        if self.error is None:
            return None
        return error_json(self.error, self._path.absolute().parent, at=self._good_at or None)

    def names(self) -> list[str]:
        """The letters of the edition."""
        return [variant.name for variant in self.reading.variants()] if self.reading else []

    def has(self, name: str) -> bool:
        """Whether there is such a letter."""
        return name in self.names()

    def people(self, found: Readers) -> None:
        """Take the readers that were found in the lists."""
        self._readers = found

    @property
    def readers(self) -> Readers:
        """Who a letter can be shown as."""
        if self._readers is None:
            self._readers = readers.invented(self._of().config)
        return self._readers

    def _of(self) -> Reading:
        if self.reading is None:
            raise self.error or NewsletterError("nothing has been read yet")
        return self.reading

    # --- letters --------------------------------------------------------------------------

    def look_at(self, name: str) -> Proof:
        """Make the letter `name` as it would be sent, and examine it.

        Raises:
            NewsletterError: a template is at fault.
        """
        proof = self._proofs.get(name)
        if proof is None or proof.reading is not self._of():
            proof = self._made(name)
        if not proof.examined:
            proof = self._examine(proof)
        self._proofs[name] = proof
        return proof

    def _made(self, name: str) -> Proof:
        """The letter as it is now, with what was found in it before."""
        letter = self._press.letter(self._of(), self._variant(name), drafts=False)
        before = self._proofs.get(name)
        return Proof(
            reading=self._of(),
            letter=letter,
            findings=before.findings if before else (),
            passed=before.passed if before else (),
            examined=False,
        )

    def _examine(self, proof: Proof) -> Proof:
        reading, letter = proof.reading, proof.letter
        snapshot = self._material().snapshot
        found = check.letter(reading.config, reading.month, snapshot, letter.edition, letter.rendered)
        return structs.replace(proof, findings=found.findings, passed=found.passed, examined=True)

    def first_picture(self, view: View) -> dict[str, Any] | None:
        """The letter of a view as soon as it can be shown, with what was found in it before this save.

        None if there is no such letter. One that was never examined is examined first: nothing found
        would read as nothing wrong.

        Raises:
            NewsletterError: a template is at fault.
        """
        if view.variant not in self._proofs:
            return self.picture(view)
        proof = self._proofs[view.variant] = self._made(view.variant)
        return self._pictured(view, proof)

    def picture(self, view: View) -> dict[str, Any] | None:
        """The letter of a view, and what is found in it now; None if there is no such letter.

        Raises:
            NewsletterError: a template is at fault.
        """
        return self._pictured(view, self.look_at(view.variant)) if self.has(view.variant) else None

    def _pictured(self, view: View, proof: Proof) -> dict[str, Any]:
        variant = self._variant(view.variant)
        drafted = view.drafts and has_drafts(proof.reading, variant)
        shown = self._press.letter(proof.reading, variant, drafts=True) if drafted else proof.letter
        self._shown[view.variant, view.drafts] = shown
        return self._picture(view, shown, proof)

    def last_picture(self, view: View) -> dict[str, Any] | None:
        """The last good one; None if there never was one, or its letter is gone."""
        if not self.has(view.variant):
            return None
        shown, proof = self._shown.get((view.variant, view.drafts)), self._proofs.get(view.variant)
        return self._picture(view, shown, proof) if shown and proof else None

    def _picture(self, view: View, letter: Letter, proof: Proof) -> dict[str, Any]:
        reading = self._of()
        shown = Shown(
            view=view,
            reader=self.readers.reader(view.reader),
            letter=letter,
            sent=proof.letter,
            findings=(*proof.findings, *self._of_notes_in(view.variant, examined=proof.examined)),
            changed=changed_sections(proof.letter.edition, pipeline.words_of(proof.letter.rendered), self._kept),
        )
        return picture_json(shown, reading.config, {fact.id: fact.evidence for fact in self._material().facts})

    def _of_notes_in(self, name: str, *, examined: bool = True) -> list[Finding]:
        """What is found in the notes of a letter's own language, or was found when they were `examined` last."""
        around = self._examined() if examined or not self._around else self._around[1]
        locale = self._variant(name).locale
        own = {one.file for one in self._of().manuscripts if one.note is None or one.note.locale == locale}
        return [finding for file, found in around.notes.items() if file in own for finding in found]

    def _examined(self) -> check.Surroundings:
        """What was found around the letters, looked for once a reading."""
        reading = self._of()
        if self._around is None or self._around[0] is not reading:
            facts = reading.material.facts if reading.material else ()
            found = check.around(reading.config, reading.month, facts=facts, read=reading.manuscripts, now=reading.now)
            self._around = reading, found
        return self._around[1]

    def look_at_all(self) -> None:
        """Settle what only all letters together tell: the digest that an approval is bound to.

        Raises:
            NewsletterError: a template is at fault.
        """
        if self._of().material is not None and self._draft is None:
            self._draft = self.letters(self.names())

    def proof(self, name: str) -> Proof:
        """The letter as it was looked at last, or now for the first time."""
        return self._proofs.get(name) or self.look_at(name)

    def reader(self, name: str) -> Recipient:
        """Who an id of the list of readers stands for."""
        return self.readers.reader(name)

    def letters(self, names: Iterable[str]) -> Draft:
        """The edition with some of its letters, as they would be sent; its digest is that of all only with all of them.

        Raises:
            NewsletterError: a template is at fault.
        """
        letters = {name: self._letter(name) for name in names}
        sound, _ = notes.sound(self._of().manuscripts)
        return pipeline.drafted(
            structs.replace(self._material(), notes=sound),
            {name: one.edition for name, one in letters.items()},
            {name: one.rendered for name, one in letters.items()},
        )

    def sound_letters(self) -> Draft:
        """The edition with every letter that can be made: one at fault keeps nothing about the others from being told."""
        if self._draft is not None:
            return self._draft
        found = []
        for name in self.names():
            with contextlib.suppress(NewsletterError):
                self._letter(name)
                found.append(name)
        return self.letters(found)

    def _letter(self, name: str) -> Letter:
        """The letter as it would be sent now; its checks can wait, unless it never had any."""
        proof = self.proof(name)
        if proof.reading is not self._of():
            proof = self._proofs[name] = self._made(name)
        return proof.letter

    def _variant(self, name: str) -> Variant:
        return {one.name: one for one in self._of().variants()}[name]

    def _material(self) -> pipeline.Material:
        material = self._of().material
        assert material is not None, "letters are only asked for where there are numbers"
        return material

    # --- for the page ---------------------------------------------------------------------

    def variant_json(self, name: str) -> dict[str, Any]:
        """One row of the list of letters, as far as it was looked at."""
        proof = self._proofs.get(name)
        if proof is None:
            return {"id": name, "worst": None, "errors": 0, "warnings": 0, "bytes": None, "digest": None}
        found = [*proof.findings, *self._of_notes_in(name), *self._examined().services]
        return {
            "id": name,
            "worst": worst(found),
            "errors": sum(one.status == "fault" for one in found),
            "warnings": sum(one.status == "warning" for one in found),
            "bytes": sent_bytes(proof.letter, self.reader(readers.SAMPLE)),
            "digest": proof.letter.rendered.digest,
        }

    def edition_json(self) -> dict[str, Any]:
        """Everything around the letters."""
        if self.reading is None:
            return overview.nothing_yet() | {"error": self.error_json()}
        reading, around = self.reading, self._examined()
        approvals = overview.approval_json(reading, self._draft, approval.read(reading.folder))
        return {
            **overview.heading_json(reading),
            "approval": approvals,
            "audiences": overview.audiences_json(reading, self.readers),
            "variants": [
                self.variant_json(one.name) | overview.variant_json(one, approvals["changed"])
                for one in reading.variants()
            ],
            "readers": self.readers.as_json(),
            "notes": overview.notes_json(reading, around.notes, changed_files(reading, self._kept)),
            "findings": [finding_json(one, reading.root) for one in around.findings],
            "passed": self._passed(),
            "limits": overview.LIMITS,
            "error": self.error_json(),
        }

    def _passed(self) -> list[str]:
        """The checks that found nothing in any letter nor around them."""
        failed = {one.check for one in self._examined().findings}
        failed |= {one.check for proof in self._proofs.values() for one in proof.findings}
        looked_for = {rule for proof in self._proofs.values() for rule in proof.passed}
        return sorted((looked_for | set(check.RULES)) - failed) if looked_for else []
