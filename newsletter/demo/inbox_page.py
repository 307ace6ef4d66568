"""The inbox in the browser: a list of mails, and each one as HTML, as text and as it travelled.

Plain pages without scripts. A mail is somebody else's document: it is shown in a sandboxed frame,
under a policy that loads nothing but the images it carries, and its text and headers are escaped.
"""

from __future__ import annotations

import re
import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parseaddr
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.asgi import policy_headers
from newsletter.counting import counted
from newsletter.demo.inbox import Inbox, Mail
from newsletter.demo.ports import HOST
from newsletter.studio.loopback import Guard

if TYPE_CHECKING:
    from starlette.types import ASGIApp

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'"
)

_CID = re.compile(r'src="cid:([^"]*)"')

VIEWS = {"mail": "Mail", "text": "Text", "source": "Source"}


def inbox_app(inbox: Inbox, *, port: int) -> ASGIApp:
    """The pages over one inbox; only requests addressed to this machine at `port` are answered."""

    async def front(_: Request) -> Response:
        first = next(iter(inbox.mails), None)
        return HTMLResponse(_page(inbox, first, "mail", browsing=True), headers=policy_headers(PAGE_POLICY))

    async def page(request: Request) -> Response:
        mail, view = _named(inbox, request), request.query_params.get("view", "mail")
        if mail is None or view not in VIEWS:
            return PlainTextResponse("There is no such mail.", 404, headers=policy_headers(PAGE_POLICY))
        return HTMLResponse(_page(inbox, mail, view), headers=policy_headers(PAGE_POLICY))

    async def document(request: Request) -> Response:
        mail = _named(inbox, request)
        if mail is None:
            return PlainTextResponse("There is no such mail.", 404, headers=policy_headers(PAGE_POLICY))
        return HTMLResponse(_with_images(mail), headers=policy_headers(MAIL_POLICY))

    async def style(_: Request) -> Response:
        return Response(_style(), media_type="text/css", headers=policy_headers(PAGE_POLICY))

    routes = [
        Route("/", front),
        Route("/inbox.css", style),
        Route("/mail/{number:int}", page),
        Route("/mail/{number:int}/html", document),
    ]
    return Guard(Starlette(routes=routes), port=lambda: port)


@contextmanager
def served(inbox: Inbox) -> Iterator[str]:
    """Serve the pages on a free loopback port until the block ends.

    Yields:
        The address of the first page.
    """
    import uvicorn

    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.listen(128)  # from here on a browser may connect; it waits until the server runs
        port: int = listening.getsockname()[1]
        settings = uvicorn.Config(
            inbox_app(inbox, port=port),
            log_config=None,
            ws="none",
            http="h11",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{port}/"
        finally:
            server.should_exit = True
            thread.join(10)


def _named(inbox: Inbox, request: Request) -> Mail | None:
    """The mail that the address names; the first one has the number 1."""
    number: int = request.path_params["number"]
    mails = inbox.mails
    return mails[number - 1] if 1 <= number <= len(mails) else None


def _with_images(mail: Mail) -> str:
    """The HTML with the images that the mail carries; a sandboxed page may ask for nothing, not even from here."""
    images = mail.images

    def source(found: re.Match[str]) -> str:
        media_type, content = images.get(found[1], ("", b""))
        return f'src="data:{escape(media_type)};base64,{b64encode(content).decode()}"' if content else found[0]

    return _CID.sub(source, mail.html)


def _style() -> str:
    return resources.files("newsletter.demo").joinpath("static", "inbox.css").read_text(encoding="utf-8")


# --- the page -----------------------------------------------------------------------------


def _page(inbox: Inbox, mail: Mail | None, view: str, *, browsing: bool = False) -> str:
    """The list, and beside it one mail; on a phone the list while browsing, else the mail."""
    mails = inbox.mails
    title = "Inbox" if browsing or mail is None else mail.header("Subject")
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<link rel="stylesheet" href="/inbox.css">
</head>
<body class="{"browsing" if browsing else "reading"}">
<header>
<h1><a href="/">Inbox</a></h1>
<p>{_count(len(mails))} <span>Kept on this machine. Nothing was passed on.</span></p>
</header>
<nav aria-label="Mails"><ol>
{"".join(_row(one, chosen=mail is not None and one.number == mail.number) for one in mails)}</ol></nav>
<main>{_reading(mail, view) if mail else _EMPTY}</main>
</body>
</html>
"""


_EMPTY = '<p class="empty">No mail has come in.</p>'


def _count(mails: int) -> str:
    return f"{counted(mails, 'mail')}."


def _row(mail: Mail, *, chosen: bool) -> str:
    name, address = parseaddr(mail.header("To"))
    current = ' aria-current="page"' if chosen else ""
    language = mail.header("Content-Language")
    return (
        f'<li id="m{mail.number}"><a href="/mail/{mail.number}#m{mail.number}"{current}>'
        f"<b>{escape(name or address or mail.rcpt_to)}</b>"
        f"<i>{escape(language)}</i><span>{escape(mail.header('Subject'))}</span>"
        f"<small>{escape(mail.rcpt_to)}</small></a></li>\n"
    )


def _reading(mail: Mail, view: str) -> str:
    """Head, tabs and the chosen view of a mail."""
    tabs = "".join(
        f'<a href="/mail/{mail.number}?view={key}#m{mail.number}"{" aria-current=page" if key == view else ""}>{label}</a>'
        for key, label in VIEWS.items()
    )
    return f"""
<div class="head">
<a class="back" href="/">All mails</a>
<h2>{escape(mail.header("Subject"))}</h2>
<dl><dt>From</dt><dd>{escape(mail.header("From"))}</dd><dt>To</dt><dd>{escape(mail.header("To"))}</dd></dl>
<nav class="tabs" aria-label="Views">{tabs}</nav>
</div>
{_view(mail, view)}"""


def _view(mail: Mail, view: str) -> str:
    match view:
        case "text":
            return f'<pre tabindex="0">{escape(mail.text)}</pre>'
        case "source":
            source = mail.content.decode("utf-8", errors="replace")
            return f'<p class="file">{escape(str(mail.path))}</p><pre tabindex="0" class="raw">{escape(source)}</pre>'
        case _:
            return f'<iframe sandbox title="The mail as HTML" src="/mail/{mail.number}/html"></iframe>'
