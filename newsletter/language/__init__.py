"""What readers see, per locale: the catalogue of wordings, and how numbers, dates and durations are written."""

from newsletter.language.bidi import without_isolates
from newsletter.language.catalogue import Catalogue, localised, require_supported, supported_locales
from newsletter.language.formats import Formats

__all__ = ["Catalogue", "Formats", "localised", "require_supported", "supported_locales", "without_isolates"]
