"""A list that lost half of its people stops a send, until a person says that it is right."""

from __future__ import annotations

import pytest

from newsletter.deliver import open_ledger, shrunk
from tests.servers.deliver_support import EDITION, people, run, server

pytestmark = pytest.mark.servers
NEXT = "2026-11"


def test_half_of_the_last_edition_or_less_is_a_shrunk_list(tmp_path):
    path = tmp_path / "ledger.db"
    assert shrunk(path, NEXT, {"staff": 0}) == ()
    with server() as (_, port):
        run(path, port, people(*(f"p{i}" for i in range(10))))
    assert shrunk(path, NEXT, {"staff": 6}) == ()
    (found,) = shrunk(path, NEXT, {"staff": 5})
    assert str(found) == f"the list of staff: 10 in {EDITION}, 5 now"
    assert shrunk(path, NEXT, {"staff": 6, "managers": 0}) == ()


def test_a_renamed_audience_is_measured_by_all_lists_together(tmp_path):
    path = tmp_path / "ledger.db"
    with server() as (_, port):
        run(path, port, people(*(f"p{i}" for i in range(10))))
    assert shrunk(path, NEXT, {"everybody": 6}) == ()
    (found,) = shrunk(path, NEXT, {"everybody": 4})
    assert str(found) == f"all lists together: 10 in {EDITION}, 4 now"


def test_a_frozen_edition_and_a_cancelled_one_are_no_measure(tmp_path):
    path = tmp_path / "ledger.db"
    with server() as (_, port):
        run(path, port, people(*(f"p{i}" for i in range(10))))
    assert shrunk(path, EDITION, {"staff": 1}) == ()
    with open_ledger(path) as ledger:
        ledger.cancel(EDITION, "the operator")
    assert shrunk(path, NEXT, {"staff": 1}) == ()
