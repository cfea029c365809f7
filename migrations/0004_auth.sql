-- Who may call. Keys are kept as SHA-256 of their secret: a secret is 256 random bits, so there is nothing to guess
-- and a slow hash would only slow down every request. A revoked key stays, so that its id is never given again.

CREATE TABLE auth.keys (
    key_id     text        NOT NULL PRIMARY KEY,
    kind       text        NOT NULL CHECK (kind IN ('admin')),
    hash       bytea       NOT NULL CHECK (length(hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

GRANT SELECT, INSERT, UPDATE ON auth.keys TO tollgate_engine;
