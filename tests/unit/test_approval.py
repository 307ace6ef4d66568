"""Approvals are bound to the hash of what was approved."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from newsletter import approval
from newsletter.errors import ApprovalError, ContentError, UsageError

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
VARIANTS = {"staff.en": "a" * 64, "staff.it": "b" * 64}
DIGEST = approval.edition_digest(VARIANTS, "[]")


def require(folder, *, needed=1, digest=DIGEST, variants=VARIANTS):
    approval.require(folder, needed=needed, digest=digest, variants=variants, month="2026-10")


def test_an_unapproved_edition_is_not_sent(tmp_path):
    """The refusal carries the command to run."""
    with pytest.raises(ApprovalError, match="not approved") as caught:
        require(tmp_path)
    assert caught.value.exit_code == 77
    assert "newsletter approve --month 2026-10" in caught.value.hint


def test_one_approval_suffices_by_default(tmp_path):
    """The same hash passes."""
    approval.approve(tmp_path, digest=DIGEST, variants=VARIANTS, by="Head of IT", at=NOW)
    require(tmp_path)


def test_no_approval_is_asked_when_none_is_needed(tmp_path):
    """`approvals: 0` in the config."""
    require(tmp_path, needed=0)


def test_a_changed_variant_voids_the_approval_and_is_named(tmp_path):
    """Only what changed is named."""
    approval.approve(tmp_path, digest=DIGEST, variants=VARIANTS, by="Head of IT", at=NOW)
    changed = VARIANTS | {"staff.it": "c" * 64}
    with pytest.raises(ApprovalError, match=r"changed after it was approved: staff\.it$"):
        require(tmp_path, digest=approval.edition_digest(changed, "[]"), variants=changed)


def test_two_approvals_must_come_from_two_people(tmp_path):
    """The same name does not count twice, in whatever letter case."""
    approval.approve(tmp_path, digest=DIGEST, variants=VARIANTS, by="Head of IT", at=NOW)
    with pytest.raises(ApprovalError, match="1 of 2 approvals"):
        require(tmp_path, needed=2)
    with pytest.raises(UsageError, match="already"):
        approval.approve(tmp_path, digest=DIGEST, variants=VARIANTS, by="head of  IT", at=NOW)
    approval.approve(tmp_path, digest=DIGEST, variants=VARIANTS, by="Service desk lead", at=NOW)
    require(tmp_path, needed=2)


def test_approvals_of_an_older_hash_are_dropped(tmp_path):
    """A new approval does not revive old ones."""
    approval.approve(tmp_path, digest=DIGEST, variants=VARIANTS, by="Head of IT", at=NOW)
    newer = approval.approve(tmp_path, digest="d" * 64, variants=VARIANTS, by="Service desk lead", at=NOW)
    assert [one.by for one in newer.given] == ["Service desk lead"]


@pytest.mark.parametrize(
    ("by", "told"), [("", "needs a name"), ("   ", "needs a name"), ("a\x00b", "control or invisible character")]
)
def test_an_approval_needs_a_printable_name(tmp_path, by, told):
    """An empty or unprintable name is refused, and nothing is written."""
    with pytest.raises(UsageError, match=told):
        approval.approve(tmp_path, digest=DIGEST, variants=VARIANTS, by=by, at=NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"digest": 1, "variants": [], "approvals": [{}]}', "\xff"])
def test_a_broken_approval_file_is_told(tmp_path, content):
    """Never taken for an approval, never for none."""
    (tmp_path / approval.FILE_NAME).write_bytes(content.encode("latin-1"))
    with pytest.raises(ContentError, match="not an approval file"):
        require(tmp_path)


def test_the_state_in_words(tmp_path):
    """What the preview shows beside the title."""

    def words(needed=1, digest=DIGEST, variants=VARIANTS):
        return approval.describe(tmp_path, needed=needed, digest=digest, variants=variants)

    assert words() == "not approved"
    assert words(needed=0) == "needs no approval"
    approval.approve(tmp_path, digest=DIGEST, variants=VARIANTS, by="Head of IT", at=NOW)
    assert words() == "approved by Head of IT"
    assert words(needed=2) == "approved by Head of IT (1 of 2)"
    assert words(digest="0" * 64, variants=VARIANTS | {"staff.en": "x"}) == "approval void: staff.en changed"


# --- the words that were approved ---------------------------------------------------------


def test_the_words_are_kept_for_the_approvals_that_count_only(tmp_path):
    """Words of another hash, or of no approval, are nobody's."""
    words = approval.Approved(digest="a" * 64, texts={"staff.en": "Hello {address}"}, files={"notes/x.md": "---\n"})
    approval.keep(tmp_path, words)
    assert approval.kept(tmp_path) is None
    approval.approve(tmp_path, digest="a" * 64, variants={"staff.en": "1"}, by="An editor", at=NOW)
    assert approval.kept(tmp_path) == words
    approval.approve(tmp_path, digest="b" * 64, variants={"staff.en": "2"}, by="An editor", at=NOW)
    assert approval.kept(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"digest": 1}', '{"digest": "a", "texts": [], "files": {}}'])
def test_words_that_cannot_be_read_are_none(tmp_path, text):
    """Nothing is decided by them, so nothing stops for them."""
    approval.approve(tmp_path, digest="a" * 64, variants={}, by="An editor", at=NOW)
    (tmp_path / approval.WORDS_NAME).write_text(text, encoding="utf-8")
    assert approval.kept(tmp_path) is None
