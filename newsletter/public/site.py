"""What all pages share: addresses, words, look, and the ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from importlib import resources
from typing import Any, Self

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from newsletter.asgi import policy_headers
from newsletter.audience.locales import offered, wishes
from newsletter.config import Config, PublicConfig
from newsletter.deliver import Ledger, ledger_exists, open_ledger
from newsletter.deliver.headers import split_mailbox
from newsletter.errors import ConfigError
from newsletter.language import Catalogue, localised
from newsletter.model import Palette, Theme
from newsletter.render.look import look
from newsletter.signing import Signing

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_COLOURS = ("page", "sheet", "ink", "muted", "rule", "accent", "signal", "tint")
_FOR_EVER = "public, max-age=31536000, immutable"
_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="{accent}"/>'
    '<path d="M4 5h8M4 8h8M4 11h5" stroke="{sheet}" stroke-width="1.5"/></svg>'
)


class Asset(Struct, frozen=True):
    """A file that pages load."""

    media_type: str
    content: bytes


class Site(Struct, frozen=True, kw_only=True):
    """The public pages of one config; the config is read once, when the server starts.

    Args:
        config: all of it.
        public: its block for these pages.
        assets: the files that pages load, by name.
        version: changes with every byte of them, so that browsers may keep them for ever.
    """

    config: Config
    public: PublicConfig
    assets: Mapping[str, Asset]
    version: str

    @classmethod
    def of(cls, config: Config) -> Self:
        """The site of a config.

        Raises:
            ConfigError: the config has no public pages.
        """
        if config.public is None:
            raise ConfigError(
                f"{config.path}: there is no block public:", "docs/public-pages.md shows how to set it up."
            )
        assets = _assets(config)
        digest = hashlib.sha256()
        for name, one in sorted(assets.items()):
            digest.update(name.encode() + one.content)
        return cls(config=config, public=config.public, assets=assets, version=digest.hexdigest()[:16])

    def require_secret(self) -> None:
        """Tell a secret that cannot be used before anything is answered.

        Raises:
            ConfigError: it is missing or too short.
        """
        Signing(self.public, "start")

    # --- addresses ------------------------------------------------------------------------

    def path(self, *parts: str) -> str:
        """The path of a page on its host: `path("u", token)` is "/newsletter/u/TOKEN"."""
        return "/".join((self.public.base, *parts))

    def asset(self, name: str) -> str:
        """The path of a file that pages load."""
        return self.path("static", self.version, name)

    # --- words ----------------------------------------------------------------------------

    def locale(self, request: Request) -> str:
        """The language of a page that no letter decides: what the browser asks for, of those of the edition."""
        ours = self.config.locales
        asked = wishes(request.headers.get("accept-language", ""))
        return next((found for tag in asked if (found := offered(tag, ours))), ours[0])

    def department(self, locale: str) -> str:
        """Who speaks, as in the letters."""
        if self.config.department is None:
            return Catalogue.load(locale).text("edition.department", organisation=self.config.organisation)
        return localised(self.config.department, locale, self.config.locales[0])

    def _logo(self, locale: str) -> dict[str, Any] | None:
        logo = self.config.theme.logo
        if logo is None:
            return None
        alt = localised(logo.alt, locale, self.config.locales[0]) if logo.alt else self.department(locale)
        return {"alt": alt, "width": logo.size[0], "height": logo.size[1]}

    @property
    def contact(self) -> str:
        """The address that a person answers."""
        smtp = self.config.smtp
        return split_mailbox(smtp.reply_to or smtp.sender)[1]

    # --- answers --------------------------------------------------------------------------

    def page(self, name: str, locale: str, *, status: int = 200, **values: Any) -> Response:
        """A page of `pages/`.

        Args:
            name: the template, "unsubscribe.html".
            locale: its language and direction. In the template `t("page.key", slot=...)` is a wording of the catalogue,
                and `phrase(...)` one whose slots are markup.
            status: of HTTP.
            values: what the template shows; escaped.
        """
        if locale not in self.config.locales:  # a letter of a language that is written no more
            locale = self.config.locales[0]
        catalogue = Catalogue.load(locale)
        html = (
            _templates()
            .get_template(name)
            .render(
                site=self,
                locale=locale,
                direction=catalogue.direction,
                department=self.department(locale),
                logo=self._logo(locale),
                t=catalogue.text,
                phrase=partial(_phrase, catalogue),
                **values,
            )
        )
        return HTMLResponse(html, status, headers=self.headers(PAGE_POLICY, Content_Language=locale))

    def headers(self, policy: str, **more: str) -> dict[str, str]:
        """The headers of an answer under a content security policy."""
        robots = {} if self.public.search_engines else {"X-Robots-Tag": "noindex, nofollow"}
        return policy_headers(policy, **more) | robots

    def static(self, request: Request) -> Response:
        """A file that pages load, for ever under this address."""
        found = self.assets.get(request.path_params["name"])
        if found is None or request.path_params["version"] != self.version:
            return self.problem(request, 404)
        headers = self.headers(PAGE_POLICY, Cache_Control=_FOR_EVER)
        return Response(found.content, media_type=found.media_type, headers=headers)

    def robots(self, _: Request) -> Response:
        """What programs that collect pages may do."""
        may = "" if self.public.search_engines else "/"
        text = f"User-agent: *\nDisallow: {may}\n"
        return Response(text, media_type="text/plain", headers=self.headers(PAGE_POLICY))

    def problem(self, request: Request, status: int, **more: str) -> Response:
        """A page that tells what is wrong, in words for readers and without a word about our inside."""
        kind = {404: "missing", 405: "missing", 429: "often", 503: "busy"}.get(status, "fault")
        answer = self.page("problem.html", self.locale(request), status=status, kind=kind)
        answer.headers.update(more)
        return answer

    # --- ledger ---------------------------------------------------------------------------

    @contextmanager
    def ledger(self) -> Iterator[Ledger | None]:
        """The ledger for one request, so that a restored file is noticed; None before the first send.

        Raises:
            LedgerError: it cannot be read or written.
        """
        if not ledger_exists(self.config.ledger):
            yield None
            return
        with open_ledger(self.config.ledger) as ledger:
            yield ledger


def _phrase(catalogue: Catalogue, key: str, **slots: Markup) -> Markup:
    """A wording with markup in its slots."""
    return escape(catalogue.messages[key]).format(**slots)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("newsletter.public", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _assets(config: Config) -> dict[str, Asset]:
    theme = config.theme.settled()
    rules = resources.files("newsletter.public").joinpath("pages", "page.css").read_text(encoding="utf-8")
    icon = _ICON.format(accent=theme.light.accent, sheet=theme.light.sheet)
    assets = {
        "page.css": Asset("text/css", (_variables(theme) + rules).encode()),
        "icon.svg": Asset("image/svg+xml", icon.encode()),
    }
    if config.theme.logo:
        image = config.theme.logo.file
        assets["logo"] = Asset(image.media_type, image.content)
    return assets


def _variables(theme: Theme) -> str:
    """The colours and faces of the letters, as the style sheet asks for them."""
    ltr, rtl = look(theme, "ltr"), look(theme, "rtl")

    def colours(palette: Palette) -> str:
        return "".join(f"--{name}:{getattr(palette, name)};" for name in _COLOURS)

    return (
        f":root{{--serif:{ltr.serif};--sans:{ltr.sans};--rtl:{rtl.sans};--width:{theme.width}px;{colours(theme.light)}}}\n"
        f"@media (prefers-color-scheme:dark){{:root{{{colours(theme.dark)}}}}}\n"
    )
