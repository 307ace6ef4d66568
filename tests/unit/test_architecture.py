"""The import directions of docs/architecture.md, kept by reading every import of the package."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "newsletter"

# From the top down: a module may import what stands lower, and nothing on its own line or above.
LAYERS = [
    ["__main__"],
    ["cli"],
    ["demo"],
    ["studio", "public"],
    ["check", "doctor", "past_months", "starter"],
    ["pipeline"],
    ["collect", "facts", "notes", "compose", "render", "audience", "deliver", "feedback", "approval"],
    ["language", "entra", "bearer", "signing"],
    ["config", "period"],
    ["presets"],
    ["asgi", "model", "contrast", "hosts", "mailbox"],
    ["counting", "errors", "lazily", "replacing", "versions"],
]

# Each outside world has one owner.
OWNERS = {
    "prometheus_api_client": ["collect.prometheus"],
    "requests": ["collect.session", "audience.graph", "bearer"],
    "smtplib": ["deliver.smtp"],
    "sqlite3": ["deliver.ledger", "audience.roll", "feedback.store"],
    "psycopg": ["deliver.ledger"],
    "cryptography": ["deliver.dkim"],
    "flufl": ["deliver.bounces"],
    "prometheus_client": ["deliver.metrics", "public.metrics"],
    "msal": ["entra"],
    "google": ["deliver.oauth"],
    "mjml": ["render.mjml"],
    "resvg_py": ["render.line_chart"],
    "jinja2": ["render.environment", "render.inheritance", "render.sandbox", "public.site"],
    "markdown_it": ["render.markdown", "notes"],
    "nh3": ["render.markdown"],
    "click": ["cli"],
    "rich": ["cli"],
    "yaml": ["config", "notes"],
    "pydantic": ["config", "notes"],
    "babel": ["language", "entra"],
    "email_validator": ["audience", "config"],
    "watchfiles": ["studio"],
    "aiosmtpd": ["demo"],
    "starlette": ["asgi", "studio", "public", "demo"],
    "uvicorn": ["studio", "public", "demo"],
    "itsdangerous": ["signing"],
    "subprocess": ["demo", "audience.command", "check.spam"],
    "urllib3": ["collect.session", "collect.deadline", "collect.tls", "audience.graph", "check.web"],
    "ldap": ["audience.ldap"],
}


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        relative = path.relative_to(ROOT).with_suffix("")
        name = ".".join(part for part in relative.parts if part != "__init__")
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            if node.module == "newsletter":
                yield from (f"newsletter.{alias.name}" for alias in node.names)


def _room(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def _layer(room: str) -> int:
    for index, rooms in enumerate(LAYERS):
        if room in rooms:
            return index
    raise AssertionError(f"newsletter.{room} has no place in the layers: give it one")


def _upward_imports() -> Iterator[str]:
    for module, tree in _modules():
        if not module:
            continue
        here = _room(module)
        for imported in _imports(tree):
            if not imported.startswith("newsletter."):
                continue
            there = _room(imported.removeprefix("newsletter."))
            if there in {here, "__version__"}:
                continue
            if _layer(there) <= _layer(here):
                yield f"newsletter.{module} imports {imported}: {there} is not below {here}"


def _trespasses() -> Iterator[str]:
    for module, tree in _modules():
        for imported in _imports(tree):
            owners = OWNERS.get(imported.split(".")[0])
            if owners and not any(module == owner or module.startswith(owner + ".") for owner in owners):
                yield f"newsletter.{module} imports {imported}; only {', '.join(owners)} may"


def test_imports_only_point_downwards():
    """A stage never imports another stage, and nothing imports what stands above it."""
    assert list(_upward_imports()) == []


def test_each_outside_world_has_one_owner():
    """Only its owner talks to Prometheus, SMTP, the database, MJML, Jinja, click or YAML."""
    assert list(_trespasses()) == []
