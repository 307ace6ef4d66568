CREATE TABLE setting (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
);

CREATE TABLE edition (
    id      TEXT PRIMARY KEY,
    date    TEXT NOT NULL,               -- ISO 8601; the Date header of every copy
    created TEXT NOT NULL
);

-- An edition may be paused or cancelled before it is frozen: then its sending never begins.
CREATE TABLE hold (
    edition_id TEXT PRIMARY KEY,
    state      TEXT NOT NULL CHECK (state IN ('paused', 'cancelled')),
    since      TEXT NOT NULL,            -- ISO 8601
    actor      TEXT NOT NULL
);

CREATE TABLE suppression (
    address_key TEXT PRIMARY KEY,
    address     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    since       TEXT NOT NULL            -- ISO 8601
);

CREATE TABLE variant (
    edition_id TEXT NOT NULL REFERENCES edition (id),
    name       TEXT NOT NULL,
    digest     TEXT NOT NULL,            -- sha256 of the compiled message
    PRIMARY KEY (edition_id, name)
);

CREATE TABLE delivery (
    id             INTEGER PRIMARY KEY,
    edition_id     TEXT NOT NULL,
    address        TEXT NOT NULL,
    address_key    TEXT NOT NULL,        -- as compared: casefolded
    name           TEXT NOT NULL,
    variant        TEXT NOT NULL,
    message_id     TEXT NOT NULL,        -- made of address_key, so as unique as that
    state          TEXT NOT NULL CHECK (state = 'pending' OR state = 'claimed' OR state = 'sending' OR state = 'accepted'
                                OR state = 'deferred' OR state = 'refused' OR state = 'in_doubt'
                                OR state = 'suppressed' OR state = 'cancelled'),
    attempts       INTEGER NOT NULL DEFAULT 0,
    owner          TEXT,                 -- the process that claimed it last
    next_try_at    REAL,                 -- seconds since the epoch, of a pending or deferred row
    deferred_since REAL,                 -- seconds since the epoch, of the first "try again later"
    code           INTEGER,
    reply          TEXT NOT NULL DEFAULT '',
    updated        REAL NOT NULL,
    UNIQUE (edition_id, address_key),    -- nobody gets two copies
    FOREIGN KEY (edition_id, variant) REFERENCES variant (edition_id, name)
);

-- What came back after the relay had accepted it. Its delivery stays accepted: the relay did take it.
CREATE TABLE bounce (
    delivery_id INTEGER PRIMARY KEY REFERENCES delivery (id),
    kind        TEXT NOT NULL CHECK (kind IN ('hard', 'soft')),
    status      TEXT NOT NULL,           -- RFC 3463, as 5.1.1; empty if none was told
    words       TEXT NOT NULL,           -- of the system that returned it
    at          TEXT NOT NULL            -- ISO 8601; when it was read
);

-- Partial: a copy that is accepted, as most are, leaves these and enters none.
CREATE INDEX delivery_waiting ON delivery (edition_id, id) WHERE state IN ('pending', 'deferred');
CREATE INDEX delivery_held ON delivery (owner) WHERE state IN ('claimed', 'sending');

-- A copy that left, or must never leave, cannot be sent by any later mistake.
CREATE TRIGGER delivery_final BEFORE UPDATE OF state ON delivery
WHEN NEW.state <> OLD.state
    AND (OLD.state = 'accepted' OR OLD.state = 'refused' OR OLD.state = 'suppressed' OR OLD.state = 'cancelled')
BEGIN
    SELECT RAISE(ABORT, 'a final state cannot change');
END;

-- Whatever the way by which a copy comes to wait again: not for a suppressed address, and not
-- in a cancelled edition.
CREATE TRIGGER delivery_suppressed AFTER UPDATE OF state ON delivery
WHEN NEW.state IN ('pending', 'deferred')
    AND EXISTS (SELECT 1 FROM suppression WHERE address_key = NEW.address_key)
BEGIN
    UPDATE delivery SET state = 'suppressed' WHERE id = NEW.id;
END;

CREATE TRIGGER delivery_cancelled AFTER UPDATE OF state ON delivery
WHEN NEW.state IN ('pending', 'deferred')
    AND EXISTS (SELECT 1 FROM hold WHERE edition_id = NEW.edition_id AND state = 'cancelled')
    AND NOT EXISTS (SELECT 1 FROM suppression WHERE address_key = NEW.address_key)
BEGIN
    UPDATE delivery SET state = 'cancelled' WHERE id = NEW.id;
END;
