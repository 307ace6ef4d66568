-- Runs in one transaction, with search_path set to the schema of the ledger alone.
-- Seconds since the epoch and ISO 8601 as in the SQLite ledger, so that both backends share their values.
-- COLLATE "C": a new version of the system's sorting rules must not spoil an index that keeps doubles out.

CREATE TABLE setting (
    key   text COLLATE "C" PRIMARY KEY,
    value text NOT NULL
);

-- One row: who holds, or held last, the right to send. The number only grows: whoever lost its
-- connection learns from it whether somebody else has sent meanwhile.
CREATE TABLE run (
    number bigint NOT NULL,
    runner text   NOT NULL,
    since  timestamptz NOT NULL
);
INSERT INTO run VALUES (0, '', now());

CREATE TABLE edition (
    id      text COLLATE "C" PRIMARY KEY,
    date    text NOT NULL,               -- ISO 8601 with its offset; the Date header of every copy
    created text NOT NULL
);

-- An edition may be paused or cancelled before it is frozen: then its sending never begins.
CREATE TABLE hold (
    edition_id text COLLATE "C" PRIMARY KEY,
    state      text NOT NULL CHECK (state IN ('paused', 'cancelled')),
    since      text NOT NULL,            -- ISO 8601
    actor      text NOT NULL
);

CREATE TABLE suppression (
    address_key text COLLATE "C" PRIMARY KEY,
    address     text NOT NULL,
    reason      text NOT NULL,
    since       text NOT NULL            -- ISO 8601
);

CREATE TABLE variant (
    edition_id text COLLATE "C" NOT NULL REFERENCES edition (id),
    name       text COLLATE "C" NOT NULL,
    digest     text NOT NULL,            -- sha256 of the compiled message
    PRIMARY KEY (edition_id, name)
);

-- Every row is updated several times; room in its page keeps the old versions near.
CREATE TABLE delivery (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    edition_id     text COLLATE "C" NOT NULL,
    address        text NOT NULL,
    address_key    text COLLATE "C" NOT NULL,  -- as compared: casefolded
    name           text NOT NULL,
    variant        text COLLATE "C" NOT NULL,
    message_id     text COLLATE "C" NOT NULL,  -- made of address_key, so as unique as that
    state          text COLLATE "C" NOT NULL DEFAULT 'pending'
                   CHECK (state IN ('pending', 'claimed', 'sending', 'accepted', 'deferred',
                                    'refused', 'in_doubt', 'suppressed', 'cancelled')),
    attempts       integer NOT NULL DEFAULT 0,
    owner          text COLLATE "C",     -- the process that claimed it last
    fence          bigint NOT NULL DEFAULT 0,  -- which claim that was: one more each time
    next_try_at    double precision,     -- seconds since the epoch, of a pending or deferred row
    deferred_since double precision,     -- seconds since the epoch, of the first "try again later"
    code           integer,
    reply          text NOT NULL DEFAULT '',
    updated        double precision NOT NULL,
    UNIQUE (edition_id, address_key),    -- nobody gets two copies
    FOREIGN KEY (edition_id, variant) REFERENCES variant (edition_id, name)
) WITH (fillfactor = 80);

-- What came back after the relay had accepted it. Its delivery stays accepted: the relay did take it.
CREATE TABLE bounce (
    delivery_id bigint PRIMARY KEY REFERENCES delivery (id),
    kind        text NOT NULL CHECK (kind IN ('hard', 'soft')),
    status      text NOT NULL,           -- RFC 3463, as 5.1.1; empty if none was told
    words       text NOT NULL,           -- of the system that returned it
    at          text NOT NULL            -- ISO 8601; when it was read
);

-- Partial: a copy that is accepted, as most are, leaves these and enters none.
CREATE INDEX delivery_waiting ON delivery (edition_id, id) WHERE state IN ('pending', 'deferred');
CREATE INDEX delivery_held ON delivery (owner) WHERE state IN ('claimed', 'sending', 'in_doubt');

-- A copy that left, or must never leave, cannot be sent by any later mistake.
CREATE FUNCTION delivery_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a final state cannot change' USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER delivery_final BEFORE UPDATE OF state ON delivery FOR EACH ROW
WHEN (OLD.state IN ('accepted', 'refused', 'suppressed', 'cancelled') AND NEW.state <> OLD.state)
EXECUTE FUNCTION delivery_is_final();

-- Whatever the way by which a copy comes to wait again: not for a suppressed address, and not
-- in a cancelled edition.
CREATE FUNCTION delivery_may_wait() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF EXISTS (SELECT FROM suppression WHERE address_key = NEW.address_key) THEN
        NEW.state := 'suppressed';
    ELSIF EXISTS (SELECT FROM hold WHERE edition_id = NEW.edition_id AND state = 'cancelled') THEN
        NEW.state := 'cancelled';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER delivery_waits BEFORE UPDATE OF state ON delivery FOR EACH ROW
WHEN (NEW.state IN ('pending', 'deferred'))
EXECUTE FUNCTION delivery_may_wait();
