"""Packages whose names are imported when they are asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from newsletter import deliver, notes

LAZY = [deliver, notes]


@pytest.mark.parametrize("package", LAZY, ids=lambda package: package.__name__)
def test_every_name_that_type_checkers_see_is_there_and_the_same(package):
    """The table of homes and the imports for type checkers are written twice, and must agree."""
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module != "typing"]
    for node in imports:
        for alias in node.names:
            if node.module and alias.name != "lazily":
                assert getattr(package, alias.asname or alias.name) is getattr(import_module(node.module), alias.name)
    assert set(package.__all__) == {alias.asname or alias.name for node in imports for alias in node.names} - {"lazily"}


@pytest.mark.parametrize("package", LAZY, ids=lambda package: package.__name__)
def test_a_name_that_there_is_not_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = package.nonsense


@pytest.mark.parametrize(
    ("command", "spared"),
    [
        ("build", ["smtplib", "ssl", "sqlite3", "newsletter.notes.lint", "email_validator", "requests", "rich"]),
        ("facts", ["smtplib", "sqlite3", "jinja2", "mjml", "newsletter.notes.lint", "email_validator", "requests"]),
    ],
)
def test_a_command_does_not_import_what_it_has_no_use_for(command, spared, tmp_path):
    """Nearly half of the time of a command that writes no mail was once spent on modules for sending."""
    arguments = {"build": ["--output", str(tmp_path)], "facts": []}[command]
    program = f"""
import sys
from newsletter.cli import main
main([{command!r}, "-q", "--month", "2026-10", *{arguments!r}], standalone_mode=False)
print("spared:", *(name for name in {spared!r} if name in sys.modules))
"""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "spared:"), done.stderr
