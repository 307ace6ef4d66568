"""The preview: an editor's desk in the browser, on this machine only.

It stands above the pipeline and the checks: it reads an edition's files, makes its letters as a
send would, and shows them with what was found. `reading` reads and composes, `proofs` keeps the
state of one edition, `desk` follows saves and tells the open pages, `app` answers requests.
"""

from newsletter.studio.server import serve

__all__ = ["serve"]
