"""What operators ask, on a port of its own that no proxy passes on: whether the pages can answer, and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.asgi import policy_headers
from newsletter.errors import NewsletterError
from newsletter.public.metrics import Metrics
from newsletter.public.site import Site

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_POLICY = "default-src 'none'"


def internal_app(site: Site, metrics: Metrics) -> ASGIApp:
    """`/healthz` and `/metrics`."""

    def health(_: Request) -> Response:
        try:
            with site.ledger() as ledger:
                if ledger is not None:
                    ledger.secret()
        except NewsletterError as error:
            return _unable(error)
        return PlainTextResponse("ok\n", headers=policy_headers(_POLICY))

    def tell(_: Request) -> Response:
        try:
            content, media_type = metrics.exposition()
        except NewsletterError as error:
            return _unable(error)
        return Response(content, media_type=media_type, headers=policy_headers(_POLICY))

    return Starlette(routes=[Route("/healthz", health), Route("/metrics", tell)])


def _unable(error: NewsletterError) -> Response:
    return PlainTextResponse(f"{error.message}\n", 503, headers=policy_headers(_POLICY))
