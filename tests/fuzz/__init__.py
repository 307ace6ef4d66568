"""Hostile texts in every place of a mail where somebody else's text can stand.

`python -m tests.fuzz` runs them (`make fuzz`); `make test` runs 10,000 cases of one seed.
"""
