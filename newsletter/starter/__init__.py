"""A new workspace: what `newsletter init` writes, from what was found and what was answered."""

from newsletter.starter.answers import Answers
from newsletter.starter.look import look
from newsletter.starter.machine import machine_timezone
from newsletter.starter.workspace import create, require_free

__all__ = ["Answers", "create", "look", "machine_timezone", "require_free"]
