-- CreateEnum
CREATE TYPE "Role" AS ENUM ('READER', 'PEER', 'OPERATOR');

-- CreateEnum
CREATE TYPE "EntryType" AS ENUM ('CREATE', 'UPDATE', 'DELETE');

-- CreateTable
CREATE TABLE "tenants" (
    "name" VARCHAR(63) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenants_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "log_heads" (
    "tenant" VARCHAR(63) NOT NULL,
    "position" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "log_heads_pkey" PRIMARY KEY ("tenant")
);

-- CreateTable
CREATE TABLE "server_facts" (
    "key" VARCHAR(63) NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "server_facts_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "peers" (
    "id" SERIAL NOT NULL,
    "tenant" VARCHAR(63) NOT NULL,
    "public_key" VARCHAR(43) NOT NULL,
    "name" VARCHAR(200),
    "role" "Role" NOT NULL DEFAULT 'PEER',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "peers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refresh_tokens" (
    "hash" BYTEA NOT NULL,
    "family" UUID NOT NULL,
    "peer_id" INTEGER NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "used_challenges" (
    "nonce" VARCHAR(43) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "used_challenges_pkey" PRIMARY KEY ("nonce")
);

-- CreateTable
CREATE TABLE "streams" (
    "id" SERIAL NOT NULL,
    "uuid" UUID NOT NULL,
    "tenant" VARCHAR(63) NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "author" VARCHAR(43) NOT NULL,
    "secondary" VARCHAR(200),
    "target" VARCHAR(200),
    "meta" TEXT,
    "description" TEXT,
    "tags" TEXT[],
    "cadence_seconds" DOUBLE PRECISION,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "streams_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "stream_heads" (
    "stream_id" INTEGER NOT NULL,
    "hash" BYTEA,
    "last_observed_at" TIMESTAMPTZ(3),
    "links" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "stream_heads_pkey" PRIMARY KEY ("stream_id")
);

-- CreateTable
CREATE TABLE "observations" (
    "tenant" VARCHAR(63) NOT NULL,
    "position" BIGINT NOT NULL,
    "stream_id" INTEGER NOT NULL,
    "observed_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "retracted" BOOLEAN NOT NULL DEFAULT false,
    "value" DECIMAL(65,30) NOT NULL,
    "hash" BYTEA NOT NULL,
    "provider" VARCHAR(200) NOT NULL,
    "ts" TIMESTAMPTZ(3) NOT NULL,
    "superseded_at" BIGINT,

    CONSTRAINT "observations_pkey" PRIMARY KEY ("tenant","position")
);

-- CreateTable
CREATE TABLE "predictions" (
    "tenant" VARCHAR(63) NOT NULL,
    "position" BIGINT NOT NULL,
    "id" BIGINT NOT NULL,
    "stream_id" INTEGER NOT NULL,
    "peer_id" INTEGER NOT NULL,
    "base_position" BIGINT NOT NULL,
    "horizon" INTEGER NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "value" DECIMAL(65,30) NOT NULL,
    "quantile_levels" DOUBLE PRECISION[],
    "quantile_values" DECIMAL(65,30)[],
    "submitted_at" TIMESTAMPTZ(3) NOT NULL,
    "superseded_at" BIGINT,

    CONSTRAINT "predictions_pkey" PRIMARY KEY ("tenant","position")
);

-- CreateTable
CREATE TABLE "log_events" (
    "tenant" VARCHAR(63) NOT NULL,
    "position" BIGINT NOT NULL,
    "topic" VARCHAR(16) NOT NULL,
    "type" "EntryType" NOT NULL,
    "key" VARCHAR(200) NOT NULL,
    "document" JSONB NOT NULL,
    "before" JSONB,
    "ts" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "log_events_pkey" PRIMARY KEY ("tenant","position")
);

-- CreateIndex
CREATE UNIQUE INDEX "peers_tenant_public_key_key" ON "peers"("tenant", "public_key");

-- CreateIndex
CREATE INDEX "refresh_tokens_family_idx" ON "refresh_tokens"("family");

-- CreateIndex
CREATE INDEX "refresh_tokens_expires_at_idx" ON "refresh_tokens"("expires_at");

-- CreateIndex
CREATE INDEX "refresh_tokens_peer_id_idx" ON "refresh_tokens"("peer_id");

-- CreateIndex
CREATE INDEX "used_challenges_expires_at_idx" ON "used_challenges"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "streams_uuid_key" ON "streams"("uuid");

-- CreateIndex
CREATE INDEX "streams_tenant_author_idx" ON "streams"("tenant", "author");

-- CreateIndex
CREATE INDEX "streams_tags_idx" ON "streams" USING GIN ("tags");

-- CreateIndex
CREATE UNIQUE INDEX "streams_tenant_name_key" ON "streams"("tenant", "name");

-- CreateIndex
CREATE INDEX "observations_stream_id_position_idx" ON "observations"("stream_id", "position");

-- CreateIndex
CREATE INDEX "observations_hash_idx" ON "observations" USING HASH ("hash");

-- CreateIndex
CREATE UNIQUE INDEX "observations_stream_id_observed_at_revision_key" ON "observations"("stream_id", "observed_at", "revision");

-- CreateIndex
CREATE INDEX "predictions_stream_id_position_idx" ON "predictions"("stream_id", "position");

-- CreateIndex
CREATE INDEX "predictions_peer_id_position_idx" ON "predictions"("peer_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "predictions_stream_id_base_position_horizon_peer_id_revisio_key" ON "predictions"("stream_id", "base_position", "horizon", "peer_id", "revision");

-- AddForeignKey
ALTER TABLE "log_heads" ADD CONSTRAINT "log_heads_tenant_fkey" FOREIGN KEY ("tenant") REFERENCES "tenants"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "peers" ADD CONSTRAINT "peers_tenant_fkey" FOREIGN KEY ("tenant") REFERENCES "tenants"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_peer_id_fkey" FOREIGN KEY ("peer_id") REFERENCES "peers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "streams" ADD CONSTRAINT "streams_tenant_fkey" FOREIGN KEY ("tenant") REFERENCES "tenants"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "streams" ADD CONSTRAINT "streams_tenant_author_fkey" FOREIGN KEY ("tenant", "author") REFERENCES "peers"("tenant", "public_key") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "stream_heads" ADD CONSTRAINT "stream_heads_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "observations" ADD CONSTRAINT "observations_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "predictions" ADD CONSTRAINT "predictions_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "predictions" ADD CONSTRAINT "predictions_peer_id_fkey" FOREIGN KEY ("peer_id") REFERENCES "peers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
