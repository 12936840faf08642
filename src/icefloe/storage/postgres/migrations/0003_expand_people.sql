-- People, what they belong to, and how they are known again: for the dashboard. A server that knows
-- nothing of them can remove an organization all the same: what refers to it goes with it.

-- Who may sign in to the dashboard. `password_hash` is Argon2id's own text, with its salt.
CREATE TABLE people (
    id uuid NOT NULL,
    email text COLLATE "C" NOT NULL,
    email_lower text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    password_hash text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT people_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX people_email ON people (email_lower);

-- While there is nobody: what the one-time link follows from, besides the secret.
CREATE TABLE first_person (
    nonce uuid NOT NULL
);
INSERT INTO first_person (nonce) VALUES (gen_random_uuid());

CREATE TABLE memberships (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    role text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    CONSTRAINT memberships_pkey PRIMARY KEY (organization_id, person_id)
);
CREATE INDEX memberships_by_person ON memberships (person_id);

-- `value_hash` is a keyed hash of what the browser shows.
CREATE TABLE sessions (
    id uuid NOT NULL,
    person_id uuid NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    value_hash text COLLATE "C" NOT NULL,
    user_agent text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX sessions_value_hash ON sessions (value_hash);
CREATE INDEX sessions_by_person ON sessions (person_id);
CREATE INDEX sessions_by_expires_at ON sessions (expires_at);

-- `token_hash` is a keyed hash of what the link holds.
CREATE TABLE invitations (
    organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id uuid NOT NULL,
    email text COLLATE "C",
    role text COLLATE "C" NOT NULL,
    token_hash text COLLATE "C" NOT NULL,
    created_by uuid REFERENCES people (id) ON DELETE SET NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    accepted_at bigint,
    CONSTRAINT invitations_pkey PRIMARY KEY (organization_id, id)
);
CREATE UNIQUE INDEX invitations_id ON invitations (id);
CREATE UNIQUE INDEX invitations_token_hash ON invitations (token_hash);
CREATE INDEX invitations_by_created_by ON invitations (created_by);
