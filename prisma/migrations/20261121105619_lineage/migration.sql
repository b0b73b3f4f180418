-- CreateEnum
CREATE TYPE "SessionStatus" AS ENUM ('ACTIVE', 'COMPLETED', 'TERMINATED', 'FAILED');

-- CreateEnum
CREATE TYPE "MigrationType" AS ENUM ('PREPARATION', 'HANDOFF', 'VALIDATION', 'ROLLBACK');

-- CreateEnum
CREATE TYPE "MigrationStatus" AS ENUM ('STARTED', 'COMPLETED', 'FAILED');

-- CreateEnum
CREATE TYPE "HandoffStrategy" AS ENUM ('BLUE_GREEN', 'ROLLING', 'MAINTENANCE');

-- CreateEnum
CREATE TYPE "GapKind" AS ENUM ('COVERAGE', 'DATA');

-- CreateTable
CREATE TABLE "server_instances" (
    "id" SERIAL NOT NULL,
    "tenant" VARCHAR(63) NOT NULL,
    "name" VARCHAR(63) NOT NULL,
    "run" UUID NOT NULL,
    "version" VARCHAR(63) NOT NULL,
    "host" VARCHAR(255) NOT NULL,
    "port" INTEGER,
    "storage_path" TEXT NOT NULL,
    "environment" VARCHAR(63) NOT NULL,
    "client_id" VARCHAR(200) NOT NULL,
    "standby" BOOLEAN NOT NULL DEFAULT false,
    "registered_at" TIMESTAMPTZ(3) NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "server_instances_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "instance_streams" (
    "instance_id" INTEGER NOT NULL,
    "stream_id" INTEGER NOT NULL,
    "tenant" VARCHAR(63) NOT NULL,
    "source" VARCHAR(63) NOT NULL,
    "wanted" BOOLEAN NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL,
    "handoff_id" UUID,

    CONSTRAINT "instance_streams_pkey" PRIMARY KEY ("instance_id","stream_id")
);

-- CreateTable
CREATE TABLE "collection_sessions" (
    "id" SERIAL NOT NULL,
    "tenant" VARCHAR(63) NOT NULL,
    "instance_id" INTEGER NOT NULL,
    "source" VARCHAR(63) NOT NULL,
    "status" "SessionStatus" NOT NULL DEFAULT 'ACTIVE',
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "heartbeat_at" TIMESTAMPTZ(3) NOT NULL,
    "period" tstzrange GENERATED ALWAYS AS (tstzrange(started_at, ended_at)) STORED,
    "config" JSONB NOT NULL,
    "messages" BIGINT NOT NULL DEFAULT 0,
    "bytes" BIGINT NOT NULL DEFAULT 0,
    "reason" TEXT,
    "resumes" INTEGER,

    CONSTRAINT "collection_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session_streams" (
    "id" SERIAL NOT NULL,
    "tenant" VARCHAR(63) NOT NULL,
    "session_id" INTEGER NOT NULL,
    "stream_id" INTEGER NOT NULL,
    "symbol" VARCHAR(200),
    "kinds" TEXT[],
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "period" tstzrange GENERATED ALWAYS AS (tstzrange(started_at, ended_at)) STORED,
    "messages" BIGINT NOT NULL DEFAULT 0,
    "bytes" BIGINT NOT NULL DEFAULT 0,
    "first_message_at" TIMESTAMPTZ(3),
    "last_message_at" TIMESTAMPTZ(3),

    CONSTRAINT "session_streams_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "handoffs" (
    "id" UUID NOT NULL,
    "tenant" VARCHAR(63) NOT NULL,
    "source_id" INTEGER NOT NULL,
    "target_id" INTEGER NOT NULL,
    "strategy" "HandoffStrategy" NOT NULL,
    "streams" INTEGER[],
    "moved" INTEGER NOT NULL DEFAULT 0,
    "state" VARCHAR(32) NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 0,
    "step_timeout_ms" INTEGER NOT NULL,
    "window_ms" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "step_since" TIMESTAMPTZ(3) NOT NULL,
    "switched_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "reason" TEXT,

    CONSTRAINT "handoffs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "migration_events" (
    "id" SERIAL NOT NULL,
    "tenant" VARCHAR(63) NOT NULL,
    "handoff_id" UUID NOT NULL,
    "type" "MigrationType" NOT NULL,
    "step" VARCHAR(32) NOT NULL,
    "lot" INTEGER NOT NULL DEFAULT 0,
    "status" "MigrationStatus" NOT NULL DEFAULT 'STARTED',
    "source_id" INTEGER NOT NULL,
    "target_id" INTEGER NOT NULL,
    "strategy" "HandoffStrategy" NOT NULL,
    "streams" INTEGER[],
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "period" tstzrange GENERATED ALWAYS AS (tstzrange(started_at, ended_at)) STORED,
    "validation" JSONB,
    "notes" TEXT,

    CONSTRAINT "migration_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lineage_gaps" (
    "id" SERIAL NOT NULL,
    "tenant" VARCHAR(63) NOT NULL,
    "stream_id" INTEGER NOT NULL,
    "kind" "GapKind" NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "period" tstzrange GENERATED ALWAYS AS (tstzrange(started_at, ended_at)) STORED,

    CONSTRAINT "lineage_gaps_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "lineage_alerts" (
    "tenant" VARCHAR(63) NOT NULL,
    "position" BIGINT NOT NULL,
    "document" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3),
    "heard_at" TIMESTAMPTZ(3),
    "failure" TEXT,

    CONSTRAINT "lineage_alerts_pkey" PRIMARY KEY ("tenant","position")
);

-- CreateIndex
CREATE INDEX "server_instances_tenant_name_idx" ON "server_instances"("tenant", "name");

-- CreateIndex
CREATE INDEX "instance_streams_stream_id_idx" ON "instance_streams"("stream_id");

-- CreateIndex
CREATE INDEX "log_events_tenant_key_position_idx" ON "log_events"("tenant", "key", "position");

-- CreateIndex
CREATE INDEX "session_streams_session_id_idx" ON "session_streams"("session_id");

-- CreateIndex
CREATE INDEX "session_streams_stream_id_ended_at_idx" ON "session_streams"("stream_id", "ended_at");

-- CreateIndex
CREATE INDEX "handoffs_tenant_started_at_idx" ON "handoffs"("tenant", "started_at");

-- CreateIndex
CREATE UNIQUE INDEX "migration_events_handoff_id_step_lot_key" ON "migration_events"("handoff_id", "step", "lot");

-- AddForeignKey
ALTER TABLE "instance_streams" ADD CONSTRAINT "instance_streams_instance_id_fkey" FOREIGN KEY ("instance_id") REFERENCES "server_instances"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "instance_streams" ADD CONSTRAINT "instance_streams_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "collection_sessions" ADD CONSTRAINT "collection_sessions_instance_id_fkey" FOREIGN KEY ("instance_id") REFERENCES "server_instances"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session_streams" ADD CONSTRAINT "session_streams_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "collection_sessions"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session_streams" ADD CONSTRAINT "session_streams_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "migration_events" ADD CONSTRAINT "migration_events_handoff_id_fkey" FOREIGN KEY ("handoff_id") REFERENCES "handoffs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "lineage_gaps" ADD CONSTRAINT "lineage_gaps_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What Prisma does not know of: ranges, what must not overlap, and the wall between tenants.
CREATE EXTENSION IF NOT EXISTS btree_gist;

-- An instance that is retired frees its name, and its host and port.
CREATE UNIQUE INDEX server_instances_one_of_a_name ON server_instances (tenant, name) WHERE retired_at IS NULL;
CREATE UNIQUE INDEX server_instances_one_at_an_address ON server_instances (tenant, host, port)
  WHERE retired_at IS NULL AND port IS NOT NULL;

-- An instance can't collect twice at once from one source; the index also finds the sessions of a time.
ALTER TABLE collection_sessions
  ADD CONSTRAINT sessions_end_after_they_start CHECK (ended_at >= started_at AND heartbeat_at >= started_at),
  ADD CONSTRAINT sessions_are_active_or_ended CHECK ((status = 'ACTIVE') = (ended_at IS NULL)),
  ADD CONSTRAINT sessions_of_a_source_do_not_overlap
    EXCLUDE USING gist (instance_id WITH =, source WITH =, period WITH &&);
-- Partial, though every row has a period: Prisma would drop one that it could have made and knows nothing of.
CREATE INDEX collection_sessions_period ON collection_sessions USING gist (tenant, period) WHERE period IS NOT NULL;
CREATE INDEX collection_sessions_active ON collection_sessions (heartbeat_at) WHERE status = 'ACTIVE';

-- A session can't collect a stream twice at once; the index also finds who collected a stream at a time.
ALTER TABLE session_streams
  ADD CONSTRAINT streams_end_after_they_start CHECK (ended_at >= started_at),
  ADD CONSTRAINT streams_of_a_session_do_not_overlap
    EXCLUDE USING gist (stream_id WITH =, period WITH &&, session_id WITH =);

-- An instance takes part in one handoff at a time; whether it does so on the other side is checked under the log's lock.
CREATE UNIQUE INDEX handoffs_one_from_an_instance ON handoffs (source_id) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX handoffs_one_to_an_instance ON handoffs (target_id) WHERE finished_at IS NULL;
ALTER TABLE handoffs ADD CONSTRAINT handoffs_are_between_two CHECK (source_id <> target_id);

-- A handoff is in one step at a time, and a step that has ended has an outcome.
ALTER TABLE migration_events
  ADD CONSTRAINT steps_end_after_they_start CHECK (ended_at >= started_at),
  ADD CONSTRAINT steps_have_an_outcome CHECK ((status = 'STARTED') = (ended_at IS NULL)),
  ADD CONSTRAINT steps_of_a_handoff_do_not_overlap EXCLUDE USING gist (handoff_id WITH =, period WITH &&);

-- A stream is in one gap of a kind at a time.
ALTER TABLE lineage_gaps
  ADD CONSTRAINT gaps_end_after_they_start CHECK (ended_at >= started_at),
  ADD CONSTRAINT gaps_of_a_kind_do_not_overlap
    EXCLUDE USING gist (stream_id WITH =, kind WITH =, period WITH &&);
CREATE INDEX lineage_gaps_open ON lineage_gaps (tenant) WHERE ended_at IS NULL;

CREATE INDEX lineage_alerts_due ON lineage_alerts (next_at) WHERE next_at IS NOT NULL;

SELECT presage_wall('server_instances', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('instance_streams', 'SELECT, INSERT, UPDATE, DELETE');
SELECT presage_wall('collection_sessions', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('session_streams', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('handoffs', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('migration_events', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('lineage_gaps', 'SELECT, INSERT, UPDATE, DELETE');
SELECT presage_wall('lineage_alerts', 'SELECT, INSERT, UPDATE, DELETE');
GRANT USAGE ON SEQUENCE server_instances_id_seq, collection_sessions_id_seq, session_streams_id_seq,
  migration_events_id_seq, lineage_gaps_id_seq TO presage_tenant;

-- Ranges are compared by operators that Postgres does not hold leakproof, so behind the wall they would use no index.
-- These look as the owner does, and keep the wall themselves.
CREATE FUNCTION presage_stream_periods(stream integer, stretch tstzrange) RETURNS SETOF session_streams
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT ROWS 20 AS $$
  SELECT x.* FROM session_streams x
   WHERE x.stream_id = stream AND x.period && stretch AND x.tenant = current_setting('presage.tenant', true)
$$;
CREATE FUNCTION presage_sessions(stretch tstzrange) RETURNS SETOF collection_sessions
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT ROWS 100 AS $$
  SELECT x.* FROM collection_sessions x
   WHERE x.tenant = current_setting('presage.tenant', true) AND x.period && stretch
$$;
REVOKE ALL ON FUNCTION presage_stream_periods, presage_sessions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION presage_stream_periods, presage_sessions TO presage_tenant;
