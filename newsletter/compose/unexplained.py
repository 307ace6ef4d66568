"""Incidents that nobody has written about yet. Numbers say that it happened; only a person can say why."""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.compose.incidents import services_of
from newsletter.config import Config
from newsletter.model import Fact, Note


def unexplained(facts: Sequence[Fact], notes: Sequence[Note], config: Config) -> tuple[tuple[str, str], ...]:
    """(service id, locale) of each incident without a note that is ready, in the order of the facts.

    An incident is a missed target, or an interruption of a critical service that lasted
    `facts.incident_minutes` or longer. A note need not know the cause: "still under
    investigation" is an honest one.
    """
    told = {
        (service, note.locale)
        for note in notes
        if note.kind == "incident" and note.status == "ready"
        for service in services_of(note)
    }
    services = dict.fromkeys(fact.subject for fact in facts if _is_incident(fact, config))
    return tuple(
        (service, locale) for service in services for locale in config.locales if (service, locale) not in told
    )


def _is_incident(fact: Fact, config: Config) -> bool:
    if fact.id == f"{fact.subject}.availability":
        return fact.met is False
    service = config.services.get(fact.subject)
    if fact.type != "interruption" or service is None or not service.critical:
        return False
    began_here = not fact.detail.get("continues_before")
    return began_here and (fact.value or 0) >= config.facts.incident_minutes * 60
