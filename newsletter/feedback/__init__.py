"""What readers answer when a letter asks them: counted, never traced.

A mail with an answer becomes a vote (`votes`); the votes of an edition wait in a small database, each
under a keyed hash of its sender, so that the last one counts (`store`). Closing an edition keeps the
counts of groups that are large enough (`privacy`) in a file beside its snapshot (`results`), and
deletes everything else, key included.
"""

from typing import TYPE_CHECKING

from newsletter.lazily import lazily

if TYPE_CHECKING:
    from newsletter.feedback.closing import close
    from newsletter.feedback.counting import Account, Counted, count
    from newsletter.feedback.privacy import tellable
    from newsletter.feedback.results import evidence, read_ratings
    from newsletter.feedback.store import Store, open_store
    from newsletter.feedback.votes import Ballot, Vote
else:  # a build reads results, and has no use for the database
    __getattr__ = lazily(
        __name__,
        {
            "closing": "close",
            "counting": "Account Counted count",
            "privacy": "tellable",
            "results": "evidence read_ratings",
            "store": "Store open_store",
            "votes": "Ballot Vote",
        },
    )

__all__ = [
    "Account",
    "Ballot",
    "Counted",
    "Store",
    "Vote",
    "close",
    "count",
    "evidence",
    "open_store",
    "read_ratings",
    "tellable",
]
