-- DropIndex
DROP INDEX "predictions_stream_id_base_position_horizon_peer_id_revisio_key";

-- AlterTable
ALTER TABLE "predictions" ADD COLUMN     "base_observed_at" TIMESTAMPTZ(3);
UPDATE "predictions" p SET "base_observed_at" = o."observed_at"
  FROM "observations" o WHERE o."tenant" = p."tenant" AND o."position" = p."base_position";
ALTER TABLE "predictions" ALTER COLUMN "base_observed_at" SET NOT NULL;

-- CreateTable
CREATE TABLE "log_consumers" (
    "tenant" VARCHAR(63) NOT NULL,
    "name" VARCHAR(63) NOT NULL,
    "position" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "log_consumers_pkey" PRIMARY KEY ("tenant","name")
);

-- CreateTable
CREATE TABLE "targets" (
    "tenant" VARCHAR(63) NOT NULL,
    "stream_id" INTEGER NOT NULL,
    "observed_at" TIMESTAMPTZ(3) NOT NULL,
    "horizon" INTEGER NOT NULL,
    "position" BIGINT NOT NULL,
    "base_observed_at" TIMESTAMPTZ(3) NOT NULL,
    "number" INTEGER,
    "naive" DECIMAL(65,30) NOT NULL,
    "naive_error" DECIMAL(80,30) NOT NULL,
    "scale" DECIMAL(90,40) NOT NULL,
    "naive_scaled" DECIMAL(110,20) NOT NULL,
    "voided" BOOLEAN NOT NULL DEFAULT false,
    "count_sum" INTEGER NOT NULL DEFAULT 0,
    "naive_sum" DECIMAL(90,30) NOT NULL DEFAULT 0,
    "naive_scaled_sum" DECIMAL(120,20) NOT NULL DEFAULT 0,

    CONSTRAINT "targets_pkey" PRIMARY KEY ("stream_id","observed_at","horizon")
);

-- CreateTable
CREATE TABLE "scores" (
    "tenant" VARCHAR(63) NOT NULL,
    "position" BIGINT NOT NULL,
    "prediction_id" BIGINT NOT NULL,
    "stream_id" INTEGER NOT NULL,
    "peer_id" INTEGER NOT NULL,
    "horizon" INTEGER NOT NULL,
    "target_position" BIGINT NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "voided" BOOLEAN NOT NULL DEFAULT false,
    "absolute_error" DECIMAL(80,30) NOT NULL,
    "naive_error" DECIMAL(80,30) NOT NULL,
    "scaled_error" DECIMAL(110,20) NOT NULL,
    "crps" DOUBLE PRECISION,
    "ts" TIMESTAMPTZ(3) NOT NULL,
    "superseded_at" BIGINT,

    CONSTRAINT "scores_pkey" PRIMARY KEY ("tenant","position")
);

-- CreateTable
CREATE TABLE "forecasters" (
    "tenant" VARCHAR(63) NOT NULL,
    "stream_id" INTEGER NOT NULL,
    "peer_id" INTEGER NOT NULL,
    "first_target" INTEGER NOT NULL,

    CONSTRAINT "forecasters_pkey" PRIMARY KEY ("stream_id","peer_id")
);

-- CreateTable
CREATE TABLE "tallies" (
    "tenant" VARCHAR(63) NOT NULL,
    "stream_id" INTEGER NOT NULL,
    "peer_id" INTEGER NOT NULL,
    "target" INTEGER NOT NULL,
    "scored" INTEGER NOT NULL,
    "error_sum" DECIMAL(90,30) NOT NULL,
    "naive_sum" DECIMAL(90,30) NOT NULL,
    "scaled_sum" DECIMAL(120,20) NOT NULL,
    "naive_scaled_sum" DECIMAL(120,20) NOT NULL,

    CONSTRAINT "tallies_pkey" PRIMARY KEY ("stream_id","peer_id","target")
);

-- CreateIndex
CREATE INDEX "streams_archived_at_idx" ON "streams"("archived_at");

-- CreateIndex
CREATE UNIQUE INDEX "targets_stream_id_number_key" ON "targets"("stream_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "scores_tenant_prediction_id_revision_key" ON "scores"("tenant", "prediction_id", "revision");

-- CreateIndex
CREATE INDEX "forecasters_tenant_idx" ON "forecasters"("tenant");

-- CreateIndex
CREATE UNIQUE INDEX "predictions_stream_id_base_observed_at_horizon_peer_id_revi_key" ON "predictions"("stream_id", "base_observed_at", "horizon", "peer_id", "revision");
