r"""Attribute values that arrive in the browser as they were written.

MRML 6.0 writes attribute values with Rust's Debug format: a newline becomes a literal \n, a
backslash doubles, and no-break spaces, joiners and combining marks become \u{a0}. It never
decodes entities, and Debug leaves printable ASCII alone; so whatever Debug would touch goes in
as a character reference, and the browser reads it back.
"""

from __future__ import annotations

import re

# The rest of a start tag that nothing has to be done to, as in nearly all of them.
_PLAIN = r"""(?:\ [A-Za-z:-]++="[\ !#-;=-\[\]-~]*+")*+\ ?/?>"""
_TOKEN = re.compile(
    rf"""<(?:
        !--.*?-->                                     # comments and the CSS of mj-style stay as they are
      | mj-style\b.*?</mj-style\s*>
      | (mj-title\b[^>]*+>)(.*?)(?=</mj-title)        # MRML repeats the title as an attribute
      | [A-Za-z][A-Za-z0-9-]*+(?!{_PLAIN})(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>  # a start tag
    )""",
    re.DOTALL | re.VERBOSE,
)
_VALUE = re.compile(r"""\s*=\s*(["'])(.*?)\1""", re.DOTALL)
_LINE_BREAK = re.compile(r"[\r\n\t]+ *")
_UNSAFE = re.compile(r'["\\]|[^ -~]')
_INLINE = r"</?(?:a|abbr|b|bdi|bdo|cite|code|em|i|q|s|small|span|strong|sub|sup|time|u)(?=[\s/>])"
_MAYBE_BREAK_BETWEEN = re.compile(rf">[ \t]*+[\r\n]\s*+{_INLINE}")  # few letters have any, and it is soon found out
_BREAK_BETWEEN = re.compile(rf"""({_INLINE}(?:[^<>"]++|"[^"]*+")*+>)[ \t]*+[\r\n]\s*+(?={_INLINE})""")


def protect(mjml: str) -> str:
    """Write every attribute value in printable ASCII, between double quotes, and keep words apart.

    Newlines and tabs in values, with the blanks behind them, become one space, as a browser would have it; a line
    break between tags within a line becomes a reference. Running it twice changes nothing. Not protected are values
    inside comments: keep those ASCII.
    """
    protected = _TOKEN.sub(_protect_token, mjml)
    return _BREAK_BETWEEN.sub(r"\1&#10;", protected) if _MAYBE_BREAK_BETWEEN.search(protected) else protected


def _protect_token(token: re.Match[str]) -> str:
    if token[1]:
        return f"<{token[1]}{_encode(token[2])}"
    if token[0].startswith(("<!--", "<mj-style")):
        return token[0]
    return _VALUE.sub(lambda value: f'="{_encode(value[2])}"', token[0])


def _encode(value: str) -> str:
    return _UNSAFE.sub(lambda character: f"&#{ord(character[0])};", _LINE_BREAK.sub(" ", value))
