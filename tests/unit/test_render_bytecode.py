"""Compiled templates from one run to the next: only from a folder that is the user's alone, and never a reason to fail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newsletter.render import Renderer, bytecode, environment, sandbox
from newsletter.render.bytecode import Store
from newsletter.render.environment import Templates
from tests.golden import editions

CODE = b"code"


@pytest.fixture
def cache(tmp_path):
    """Where it is kept; it does not exist yet. No environment variable leads here: all threads of the process share
    those, and whatever renders at the same time would write here too."""
    return tmp_path / "cache" / "newsletter"


@pytest.fixture
def store(cache, tmp_path):
    (tmp_path / "a.j2").write_text("a", encoding="utf-8")
    return Store([tmp_path / "a.j2"], "1", cache.parent)


def kept(tmp_path: Path, program: str = "1") -> bytes | None:
    """What another run would read."""
    return Store([tmp_path / "a.j2"], program, tmp_path / "cache").read("a")


def test_what_was_compiled_is_read_by_the_next_run(store, cache, tmp_path):
    assert kept(tmp_path) is None
    store.write("a", CODE)
    assert kept(tmp_path) == CODE
    assert cache.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in cache.iterdir()] == [0o600]


def test_another_program_or_template_has_other_code(store, tmp_path):
    store.write("a", CODE)
    assert kept(tmp_path, program="2") is None
    (tmp_path / "a.j2").write_text("b", encoding="utf-8")
    assert kept(tmp_path) is None


def test_a_template_that_changes_meanwhile_ends_reading_and_writing(store, cache, tmp_path):
    store.write("a", CODE)
    (tmp_path / "a.j2").write_text("changed", encoding="utf-8")
    store.refresh()
    assert store.read("a") is None
    store.write("b", CODE)
    (tmp_path / "a.j2").write_text("a", encoding="utf-8")
    assert kept(tmp_path) == CODE
    assert Store([tmp_path / "a.j2"], "1", cache.parent).read("b") is None


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_can_write_to_is_not_used(store, cache, tmp_path, mode):
    store.write("a", CODE)
    cache.chmod(mode)
    assert kept(tmp_path) is None
    before = list(cache.iterdir())
    store.write("b", CODE)
    assert list(cache.iterdir()) == before


@pytest.mark.parametrize("mode", [0o660, 0o606])
def test_a_file_that_others_can_write_to_is_not_used(store, cache, tmp_path, mode):
    store.write("a", CODE)
    next(cache.iterdir()).chmod(mode)
    assert kept(tmp_path) is None


def test_a_folder_or_file_of_somebody_else_is_not_used(store, tmp_path, monkeypatch):
    store.write("a", CODE)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert kept(tmp_path) is None


def test_a_link_in_the_place_of_the_folder_or_a_file_is_not_followed(store, cache, tmp_path):
    store.write("a", CODE)
    (file,) = cache.iterdir()
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert kept(tmp_path) is None
    file.unlink()
    (tmp_path / "elsewhere").rename(file)
    assert kept(tmp_path) == CODE
    cache.rename(tmp_path / "there")
    cache.symlink_to(tmp_path / "there")
    assert kept(tmp_path) is None


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data[:10], lambda _: b"", lambda data: data + b"x"]
)
def test_half_a_file_is_none(store, cache, tmp_path, damage):
    store.write("a", CODE)
    (file,) = cache.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert kept(tmp_path) is None


@pytest.mark.parametrize("named", ["relative/folder", "/proc/nowhere", ""])
def test_without_a_folder_to_write_to_nothing_is_kept_and_nothing_fails(tmp_path, monkeypatch, named):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", named)
    monkeypatch.delenv("HOME")
    (tmp_path / "a.j2").write_text("a", encoding="utf-8")
    store = Store([tmp_path / "a.j2"], "1", bytecode.cache_home())
    store.write("a", CODE)
    assert store.read("a") is None
    assert not (tmp_path / "relative").exists()


def test_a_file_in_the_place_of_the_folder_harms_nothing(store, cache):
    cache.parent.mkdir()
    cache.write_text("x", encoding="utf-8")
    store.write("a", CODE)
    assert store.read("a") is None


def test_what_was_written_longest_ago_is_forgotten(store, cache, monkeypatch):
    monkeypatch.setattr(bytecode, "_MOST", 6)
    for number in range(20):
        store.write(str(number), CODE)
    assert len(list(cache.iterdir())) <= 6
    assert store.read("19") == CODE


def test_a_second_run_compiles_nothing_and_renders_the_same(cache, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache.parent))

    def rendered() -> str:
        templates = Templates(environment.template_folders(), Renderer()._templates._filters)
        renderer = Renderer()
        monkeypatch.setattr(renderer, "_templates", templates)
        return renderer.render(editions.rich()).digest

    first = rendered()
    assert len(list(cache.iterdir())) > 30

    def refuse(*_: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(sandbox.Sandbox, "_generate", refuse)
    assert rendered() == first
