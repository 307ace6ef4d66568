"""Jinja as templates meet it: values are escaped, the edition can be read and nothing else, and all that quickly.

A letter reads 1,500 attributes, prints 1,100 values, calls 200 macros and asks for 80 templates. What the sandbox
would find out anew each time is answered here from what it said before.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import jinja2
from jinja2 import nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape
from msgspec import Struct

from newsletter.render.bytecode import Store
from newsletter.render.inheritance import PACKAGED, require_printed
from newsletter.render.origin import Origins

TEXT_SUFFIX = ".txt.j2"

Filters = Mapping[str, Callable[..., object]]


class _Writer(CodeGenerator):
    """Writes the code of templates."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            self.write("environment.escaped(")
        else:
            super()._output_child_pre(node, frame, finalize)


class Sandbox(ImmutableSandboxedEnvironment):
    """A sandbox over some folders.

    The indentation of templates goes: inside tables every reader would get it, and it is a
    twentieth of the mail.
    """

    code_generator_class = _Writer

    def __init__(
        self, folders: tuple[Path, ...], filters: Filters, *extensions: type[Extension], store: Store | None = None
    ) -> None:
        self.origins = Origins()
        self._store = store
        packaged = jinja2.PrefixLoader({PACKAGED: jinja2.FileSystemLoader(folders[-1])})
        super().__init__(
            loader=jinja2.ChoiceLoader([packaged, jinja2.FileSystemLoader(folders)]),
            autoescape=_escapes,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[_Unindent, *extensions],
            bytecode_cache=_Kept(store) if store else None,
        )
        self.filters.update(filters)
        self._fields = _Fields()
        self._safe: dict[tuple[type, str], bool] = {}
        self._templates: dict[str, jinja2.Template] = {}

    def refresh(self) -> None:
        """Look for changed files again; until the next time templates stay as they are now."""
        self._templates.clear()
        if self._store:
            self._store.refresh()

    def get_template(
        self,
        name: str | jinja2.Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - as Jinja calls it
    ) -> jinja2.Template:
        """Templates include and import one another through this; Jinja would look at the file each time."""
        if not isinstance(name, str) or globals:
            return super().get_template(name, parent, globals)
        if name not in self._templates:
            self._templates[name] = super().get_template(name, parent)
        return self._templates[name]

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Templates read attributes through this; fields are values and safe, all else is Jinja's to judge."""
        if attribute in self._fields[type(obj)]:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Jinja's own answer, asked once a type and attribute: it looks at nothing else of `obj`, and not at `value`."""
        asked = type(obj), attr
        if asked not in self._safe:
            self._safe[asked] = bool(super().is_safe_attribute(obj, attr, value))
        return self._safe[asked]

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Templates call macros and methods through this; macros are templates and safe, all else is Jinja's to judge."""
        if type(obj) is not Macro:
            return super().call(context, obj, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return obj(context.eval_ctx, *args, **kwargs)

    @staticmethod
    def escaped(value: object) -> str:
        """What templates print of a value, escaped once; most values are printed many times."""
        kind = type(value)
        if kind is Markup:
            return cast("Markup", value)
        return _escaped(cast("str", value)) if kind is str else escape(value)

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        """Jinja calls this to compile a template; what it would leave out in silence is an error here."""
        if name and (extends := next(source.find_all(nodes.Extends), None)):
            require_printed(source, extends, name, self._blocks)
        return super()._generate(source, name, filename, defer_init)

    def _blocks(self, parent: str) -> Collection[str]:
        return self.get_template(parent).blocks


class _Fields(dict[type, frozenset[str]]):
    """The public fields of our values, by type; other types have none."""

    def __missing__(self, kind: type) -> frozenset[str]:
        names = kind.__struct_fields__ if issubclass(kind, Struct) else ()
        self[kind] = frozenset(name for name in names if not name.startswith("_"))
        return self[kind]


# The type is certain here: a Markup is equal to the text that it is not.
@lru_cache(maxsize=4096)
def _escaped(text: str) -> str:
    return str(escape(text))


def _escapes(name: str | None) -> bool:
    """Everything is markup but the text part; Jinja's own choice by suffix would leave `.mjml` unescaped."""
    return not (name or "").endswith(TEXT_SUFFIX)


class _Kept(jinja2.BytecodeCache):
    """Compiled templates from runs before; Jinja's own stores trust whoever can write to their folder."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load_bytecode(self, bucket: Bucket) -> None:
        """Jinja calls this before it compiles."""
        if data := self._store.read(bucket.key):
            bucket.bytecode_from_string(data)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Jinja calls this with what it has compiled."""
        self._store.write(bucket.key, bucket.bytecode_to_string())


class _Unindent(Extension):
    """Takes the indentation from the lines of MJML templates; values keep theirs."""

    def filter_stream(self, stream: TokenStream) -> TokenStream | Iterator[Token]:
        """Jinja calls this with the tokens of one template."""
        if not stream.name or stream.name.endswith(TEXT_SUFFIX):
            return stream
        return self._rewritten(stream, stream.name)

    def _rewritten(self, stream: TokenStream, name: str) -> Iterator[Token]:
        for token in stream:
            if token.type == "data":
                first, *rest = token.value.split("\n")
                lines = [first, *(line.lstrip(" ") for line in rest)]
                text = "\n".join(self.line(name, token.lineno + i, line) for i, line in enumerate(lines))
                yield Token(token.lineno, token.type, text)
            else:
                yield token

    def line(self, name: str, number: int, text: str) -> str:  # noqa: ARG002 - for the subclass
        """What becomes of one line of template `name`."""
        return text


class MarkOrigins(_Unindent):
    """Puts before each line a mark of the file and line it stands on."""

    priority = _Unindent.priority + 1

    def line(self, name: str, number: int, text: str) -> str:
        """The line behind its mark."""
        return cast("Sandbox", self.environment).origins.mark(name, number) + text
