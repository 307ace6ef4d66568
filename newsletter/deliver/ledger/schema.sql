CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
);

CREATE TABLE edition (
    id      TEXT PRIMARY KEY,
    date    TEXT NOT NULL,               -- ISO 8601; the Date header of every copy
    created TEXT NOT NULL
);

CREATE TABLE variant (
    edition_id TEXT NOT NULL REFERENCES edition (id),
    name       TEXT NOT NULL,
    digest     TEXT NOT NULL,            -- sha256 of the compiled message
    PRIMARY KEY (edition_id, name)
);

CREATE TABLE delivery (
    id          INTEGER PRIMARY KEY,
    edition_id  TEXT NOT NULL,
    address     TEXT NOT NULL,
    address_key TEXT NOT NULL,           -- as compared: casefolded
    name        TEXT NOT NULL,
    variant     TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'claimed', 'sending', 'accepted', 'deferred',
                                               'refused', 'in_doubt', 'suppressed', 'cancelled')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    owner       TEXT,                    -- the process that claimed it last
    retry_at    REAL,                    -- seconds since the epoch
    code        INTEGER,
    reply       TEXT NOT NULL DEFAULT '',
    updated     REAL NOT NULL,
    UNIQUE (edition_id, address_key),    -- nobody gets two copies
    UNIQUE (edition_id, message_id),
    FOREIGN KEY (edition_id, variant) REFERENCES variant (edition_id, name)
);

CREATE INDEX delivery_state ON delivery (edition_id, state);
CREATE INDEX delivery_waiting ON delivery (edition_id, id) WHERE state IN ('pending', 'deferred');
CREATE INDEX delivery_held ON delivery (owner) WHERE state IN ('claimed', 'sending');

-- A copy that left, or must never leave, cannot be sent by any later mistake.
CREATE TRIGGER delivery_final BEFORE UPDATE OF state ON delivery
WHEN OLD.state IN ('accepted', 'refused', 'suppressed', 'cancelled') AND NEW.state <> OLD.state
BEGIN
    SELECT RAISE(ABORT, 'a final state cannot change');
END;
