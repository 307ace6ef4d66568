"""Pages that share a host with others, of an organisation with a hostile name."""

from __future__ import annotations

import re

import pytest

from newsletter import doctor
from newsletter.errors import ConfigError
from tests.serving import MONTH, mailed, serving, workspace

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Below /it/newsletter, and with a department that is markup."""
    path = workspace(tmp_path_factory.mktemp("address") / "acme", base="/it/newsletter")
    text = re.sub(
        r"(?m)^department: .*$", "department: '<script>alert(1)</script>\"\\'", path.read_text(encoding="utf-8")
    )
    path.write_text(text.replace("\\'", "'"), encoding="utf-8")
    with serving(path) as pages:
        yield pages, mailed(pages.config, {"ann@acme.example": "staff.en"})


def test_everything_stands_below_the_path_of_the_address(served):
    """Links of mails and pages lead there, files and the way back too; nothing is answered above it."""
    pages, links = served
    link = links["ann@acme.example"]
    assert link.startswith("/it/newsletter/u/")
    left = pages.post(link, b"do=leave")
    assert left.headers["Location"] == link
    for front in ("/it/newsletter", "/it/newsletter/", "/it/newsletter/archive", "/it/newsletter/archive/"):
        assert pages.ask(front).status == 200
    listed = pages.ask("/it/newsletter/archive/en").text
    addresses = re.findall(r'(?:href|src)="([^"]+)"', listed)
    assert len(addresses) > 4
    for address in addresses:
        assert address.startswith("/it/newsletter/")
        assert pages.ask(address).status == 200
    for path in ("/", "/archive", link.removeprefix("/it/newsletter"), "//it/newsletter/archive"):
        assert pages.ask(path).status == 404


def test_names_never_become_markup(served):
    """On a page, in the letter and in the feed."""
    pages, links = served
    for path in (
        links["ann@acme.example"],
        *(
            f"/it/newsletter/{one}"
            for one in ("archive/en", f"archive/{MONTH}/staff.en", "feed/staff.en.atom", "nothing")
        ),
    ):
        text = pages.ask(path).text
        assert "<script" not in text
        assert "&lt;script&gt;alert(1)" in text, path


def test_doctor_tells_a_secret_that_cannot_sign(served):
    """Before a send or the service does."""
    pages, _ = served
    assert [one.status for one in doctor._public(pages.config)] == ["ok"]
    secret = pages.config.path.parent / "public.secret"
    kept = secret.read_text(encoding="utf-8")
    secret.write_text("short", encoding="utf-8")
    with pytest.raises(ConfigError, match="32 are needed"):
        list(doctor._public(pages.config))
    secret.write_text(kept, encoding="utf-8")
