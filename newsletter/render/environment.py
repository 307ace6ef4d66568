"""Jinja with its guard rails: the only place where text meets markup.

Values are escaped once, here, because MRML copies entities byte for byte and never escapes.
Templates run in a sandbox and see the edition alone; an undefined name is an error.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import jinja2
from jinja2.exceptions import SecurityError

from newsletter import __version__
from newsletter.errors import ContentError
from newsletter.render import sandbox
from newsletter.render.bytecode import Store, cache_home
from newsletter.render.inheritance import PACKAGED, Unprinted
from newsletter.render.origin import Place
from newsletter.render.sandbox import Filters, MarkOrigins, Sandbox

_HINT_SYNTAX = "Mend the template: every {% … %} and {{ … }} has to close."
_HINT_UNKNOWN = "Check the spelling; the packaged templates show what there is."

_IDENTIFIER = re.compile(r"'([^']*)'")


class Templates:
    """The templates of an organisation before the packaged ones.

    Args:
        folders: where to look, the first find wins; nothing outside them can be read.
        filters: what templates may call, by name.
    """

    def __init__(self, folders: tuple[Path, ...], filters: Filters) -> None:
        self._folders = folders
        self._filters = filters
        program = f"{__version__} {jinja2.__version__} {Path(sandbox.__file__).read_text(encoding='utf-8')}"
        self._environment = Sandbox(folders, filters, store=Store(template_files(folders), program, cache_home()))

    def refresh(self) -> None:
        """Take in what changed in the files; until the next time they count as they are now."""
        self._environment.refresh()

    def compose(self, name: str, **values: object) -> str:
        """The text that template `name` makes of `values`.

        Raises:
            ContentError: a template is missing or at fault; the message names file and line.
        """
        return self._compose(self._environment, name, values)

    def faults(self) -> Iterator[ContentError]:
        """What is wrong with the text of each template, whether an edition uses it or not."""
        names = self._environment.list_templates(extensions=["j2"])
        for name in (one for one in names if not one.startswith(f"{PACKAGED}/")):
            try:
                self._environment.get_template(name)
            except RecursionError:
                yield _endless(name)
            except jinja2.TemplateError as error:
                yield self._fault(error)
            except UnicodeDecodeError as error:
                yield _not_utf8(self._shown(name), error)

    def locate(self, offset: int, name: str, **values: object) -> Place:
        """Which template line wrote the character at `offset` of what `compose` returned."""
        return self.traced(name, **values)(offset)

    def traced(self, name: str, **values: object) -> Callable[[int], Place]:
        """What `locate` answers, for many offsets of one text.

        Loops, macros and includes make lines of the composed text say nothing about the file to
        mend. Composing once more with marks is slow, and only done when something is wrong.
        """
        marking = Sandbox(self._folders, self._filters, MarkOrigins)
        marked = self._compose(marking, name, values)

        def place(offset: int) -> Place:
            file, line = marking.origins.find(marked, offset)
            return Place(file=self._shown(file) if file else None, line=line)

        return place

    def _compose(self, environment: Sandbox, name: str, values: Mapping[str, object]) -> str:
        try:
            return environment.get_template(name).render(values)
        except jinja2.TemplateError as error:
            raise self._fault(error) from error
        except UnicodeDecodeError as error:
            raise self._undecodable(error) from error
        except RecursionError as error:
            raise _endless(name) from error
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            if not self._raised_by_template(error):
                raise
            raise self._fault(error) from error

    def _undecodable(self, error: UnicodeDecodeError) -> ContentError:
        """Jinja does not say which file it was, but the bytes do."""
        read = (path for path in sorted(template_files(self._folders)) if path.read_bytes() == error.object)
        return _not_utf8(_shortened(next(read)), error)

    def _raised_by_template(self, error: Exception) -> bool:
        """Whether the innermost frame is a template or Jinja; anything else is a bug of ours."""
        innermost = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
        return self._is_template(innermost) or Path(jinja2.__file__).parent in innermost.parents

    def _is_template(self, path: Path) -> bool:
        return any(path.is_relative_to(folder) for folder in self._folders)

    def _fault(self, error: Exception) -> ContentError:
        what, hint = self._words(error)
        place = self._place(error)
        return ContentError(f"{place}{what}", hint, located=place.located(what))

    def _words(self, error: Exception) -> tuple[str, str]:
        """What is wrong, and what to do about it."""
        match error:
            case jinja2.TemplateNotFound():
                looked = " and ".join(str(folder) for folder in self._folders)
                return f"there is no template {error.name}", f"Looked in {looked}."
            case jinja2.UndefinedError():
                return str(error.message), _hint_undefined(str(error.message))
            case Unprinted():
                return str(error.message), error.hint
            case jinja2.TemplateSyntaxError():
                unknown = isinstance(error, jinja2.TemplateAssertionError)  # a filter or test that there is not
                return str(error.message), _HINT_UNKNOWN if unknown else _HINT_SYNTAX
            case SecurityError():
                return str(error), "Templates may only read the edition."
            case _:
                return str(error), "Mend the expression on this line."

    def _place(self, error: Exception) -> Place:
        """File and line, as far as they are known."""
        if isinstance(error, jinja2.TemplateSyntaxError):
            return Place(file=self._shown(error.name or ""), line=error.lineno)
        frames = traceback.extract_tb(error.__traceback__)
        ours = [(Path(frame.filename), frame.lineno) for frame in frames if self._is_template(Path(frame.filename))]
        return Place(file=_shortened(ours[-1][0]), line=ours[-1][1] or 1) if ours else Place(file=None, line=0)

    def _shown(self, name: str) -> Path:
        """The file that `name` is read from, as a person would look for it."""
        if name.startswith(f"{PACKAGED}/"):
            return _shortened(self._folders[-1] / name.removeprefix(f"{PACKAGED}/"))
        return _shortened(next((folder / name for folder in self._folders if (folder / name).is_file()), Path(name)))


def _not_utf8(path: Path, error: UnicodeDecodeError) -> ContentError:
    what = f"is not UTF-8 text ({error.reason})"
    place = Place(file=path, line=error.object.count(b"\n", 0, error.start) + 1)
    return ContentError(f"{place}{what}", "Save it as UTF-8.", located=place.located(what))


def _endless(name: str) -> ContentError:
    return ContentError(f"{name}: a template includes, extends or calls itself without end", "Break the circle.")


def template_files(folders: tuple[Path, ...]) -> frozenset[Path]:
    """Every file below the folders."""
    found = (Path(below, name) for folder in folders for below, _, names in os.walk(folder) for name in names)
    return frozenset(path for path in found if path.is_file())


def _shortened(path: Path) -> Path:
    """Relative where it lies below the working directory."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _hint_undefined(message: str) -> str:
    named = _IDENTIFIER.findall(message)
    subject = f"{named[-1]!r}" if named else "the name"
    return f"Check the spelling of {subject}; templates see `edition`, `theme` and, inside sections, `section`."


def packaged_folder() -> Path:
    """The templates that travel with the package: the wheel's copy, or `templates/` of a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "workspace" / "templates"
    return installed if installed.is_dir() else package.parent / "templates"


def template_folders(templates: Path | None = None) -> tuple[Path, ...]:
    """Where templates are looked up, in order: the organisation's own folder, then the packaged one.

    Raises:
        ContentError: the organisation's folder does not exist.
    """
    packaged = packaged_folder()
    if templates is None or templates.resolve() == packaged:
        return (packaged,)
    if not templates.is_dir():
        raise ContentError(f"there is no folder {templates}", "Correct `templates:` in the config, or leave it out.")
    return (templates.resolve(), packaged)
