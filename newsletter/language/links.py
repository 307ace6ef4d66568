"""Link texts that say nothing about where they lead when they are read out alone."""

from __future__ import annotations

from collections.abc import Mapping

_EMPTY: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        {"click here", "click", "here", "this", "this link", "link", "read more", "more", "this page", "learn more"}
        | {"see here", "more information", "details", "find out more"}
    ),
    "it": frozenset(
        {"clicca qui", "cliccate qui", "cliccare qui", "fai clic qui", "fate clic qui", "qui", "questo link", "link"}
        | {"leggi tutto", "leggi di più", "scopri di più", "a questo link", "questa pagina", "continua", "di più"}
        | {"maggiori informazioni", "per saperne di più"}
    ),
    "de": frozenset(
        {"hier klicken", "klicken sie hier", "klick hier", "hier", "dieser link", "link", "mehr", "weiterlesen"}
        | {"mehr erfahren", "mehr lesen", "mehr informationen", "weitere informationen", "diese seite"}
    ),
    "fr": frozenset(
        {"cliquez ici", "cliquer ici", "ici", "ce lien", "lien", "lire la suite", "en savoir plus", "plus"}
        | {"cette page", "voir ici", "plus d'informations"}
    ),
    "ar": frozenset(
        {
            "هنا",
            "اضغط هنا",
            "انقر هنا",
            "اضغطوا هنا",
            "المزيد",
            "اقرأ المزيد",
            "هذا الرابط",
            "الرابط",
            "رابط",
            "هذه الصفحة",
        }
        | {"لمعرفة المزيد", "من هنا"}
    ),
}


def says_nothing(text: str, locale: str) -> bool:
    """Whether a link's text, without what decorates it, is a phrase such as "click here" in its language."""
    bare = " ".join(text.split()).strip(" *_.!:→←»«><[]()…").casefold().replace("\u2019", "'")
    return bare in _EMPTY.get(locale.partition("-")[0].partition("_")[0].lower(), frozenset())
