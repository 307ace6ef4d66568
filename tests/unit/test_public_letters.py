"""What public pages change in the letters: one link of a reader's own, and words that stay true."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from newsletter import check, pipeline
from newsletter import config as configuration
from newsletter.config import SmtpConfig
from newsletter.deliver import load_signer
from newsletter.deliver.links import SAMPLE, Links
from newsletter.deliver.outgoing import Outgoing
from newsletter.errors import ContentError
from newsletter.model import Recipient
from tests import dkim_keys
from tests.serving import HOST, MONTH, workspace

NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)
ROW = "<2026-10.0123456789abcdef0123@acme.example>"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sample's letters with public pages, built where the secret is not."""
    path = workspace(tmp_path_factory.mktemp("letters") / "acme")
    (path.parent / "public.secret").rename(path.parent / "elsewhere")
    config = configuration.load(path)
    draft = pipeline.build(config, pipeline.resolve_month(config, MONTH, NOW), now=NOW)
    samples = {
        name: pipeline.sample_eml(config, draft, name, one) for name, one in pipeline.messages(config, draft).items()
    }
    (path.parent / "elsewhere").rename(path.parent / "public.secret")
    return config, draft, samples


def test_an_editor_without_the_secret_builds_letters_whose_link_is_a_sample(built):
    """In header, HTML and text, the same."""
    _, _, samples = built
    assert Links(built[0].public).token("<2026-10.test.0123456789abcdef0123@acme.example>") == SAMPLE
    for mail in samples.values():
        text = mail.replace(b"=\r\n", b"").replace(b"=3D", b"=")
        assert len(re.findall(rf"https://{HOST}/u/{SAMPLE}\b".encode(), text)) == 3


def test_two_copies_differ_in_the_readers_own_fields_only(built):
    """Address, Message-ID and the link; each link is in its copy three times and nowhere else."""
    config, draft, _ = built
    assert config.public
    message = pipeline.messages(config, draft)["staff.en"]
    other = ROW.replace("0123", "4567")
    one, two = (
        message.eml(Recipient(address=address), id_, NOW).replace(b"=\r\n", b"")
        for address, id_ in (("ann@acme.example", ROW), ("ben@acme.example", other))
    )
    link = Links(config.public).token(ROW).encode()
    assert one.count(link) == 3
    assert link not in two
    for theirs, ours in (
        (b"ben@", b"ann@"),
        (Links(config.public).token(other).encode(), link),
        (other.encode(), ROW.encode()),
    ):
        two = two.replace(theirs, ours)
    assert two == one


def test_a_link_says_nothing_of_the_address_and_holds_only_with_its_own_secret(built):
    """Nor can it be made of a Message-ID, which every answer quotes."""
    config, _, _ = built
    assert config.public
    token = Links(config.public).token(ROW)
    assert Links(config.public).row(token) == "2026-10.0123456789abcdef0123"
    assert Links(config.public).row("2026-10.0123456789abcdef0123") is None
    (config.path.parent / "public.secret").write_text("another secret, also long enough to sign")
    assert Links(config.public).row(token) is None


def test_a_signature_covers_both_fields_of_one_click(built, tmp_path):
    """RFC 8058, 4; an independent verifier accepts the copy, and refuses it with another link."""
    config, draft, _ = built
    message = pipeline.messages(config, draft)["staff.en"]
    smtp = SmtpConfig.model_validate({"from": "IT <it@acme.example>", "dkim": dkim_keys.settings(tmp_path)})
    (signed,) = Outgoing(smtp).pieces(message, Recipient(address="ann@acme.example"), ROW, NOW)
    assert smtp.dkim
    record = load_signer(smtp.dkim).record()
    assert dkim_keys.dkimpy_accepts(signed, record)
    assert not dkim_keys.dkimpy_accepts(signed.replace(b"/u/2026-10", b"/u/2026-11", 1), record)
    assert not dkim_keys.dkimpy_accepts(signed.replace(b"List-Unsubscribe-Post", b"X-Unsubscribe-Post"), record)


def test_the_letter_tells_of_its_one_personal_link_and_check_finds_no_other(built):
    """ "No personal link" would not be true any more; `check` passes, as it is the only one (G7)."""
    config, draft, _ = built
    for name, rendered in draft.variants.items():
        found = check.letter(config, draft.month, draft.snapshot, draft.editions[name], rendered)
        assert [one for one in found.findings if one.check.startswith(("link", "text"))] == []
        assert rendered.html.parts.count("unsubscribe") == 1
    words = pipeline.words_of(draft.variants["staff.en"])
    assert "no personal link but the one to unsubscribe" in " ".join(words.split())


def test_an_organisation_that_forbids_leaving_has_a_mail_for_it_and_no_link(tmp_path):
    """As without the block: `mailto` only, nothing announced to mail programs, no link at the foot."""
    config = configuration.load(workspace(tmp_path / "acme", public="  unsubscribe: false\n"))
    draft = pipeline.build(config, pipeline.resolve_month(config, MONTH, NOW), now=NOW)
    for name, message in pipeline.messages(config, draft).items():
        mail = pipeline.sample_eml(config, draft, name, message)
        assert b"List-Unsubscribe: <mailto:it-feedback@acme.example?subject=unsubscribe>\r\n" in mail
        assert b"List-Unsubscribe-Post" not in mail
        assert HOST.encode() not in mail.replace(b"=\r\n", b"")


def test_a_template_that_leaves_the_link_out_is_refused(built, tmp_path):
    """An organisation's own footer cannot lose it in silence."""
    config = configuration.load(workspace(tmp_path / "acme"))
    (tmp_path / "acme" / "templates" / "footer.mjml.j2").write_text(
        "<mj-section><mj-column><mj-text>{{ edition.recipient_line }}</mj-text></mj-column></mj-section>\n"
    )
    with pytest.raises(ContentError, match=r"holds the recipient's unsubscribe 0 times, not 1"):
        pipeline.build(config, pipeline.resolve_month(config, MONTH, NOW), now=NOW)
