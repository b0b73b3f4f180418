-- CreateTable
CREATE TABLE "consensus" (
    "tenant" VARCHAR(63) NOT NULL,
    "position" BIGINT NOT NULL,
    "stream_id" INTEGER NOT NULL,
    "base_position" BIGINT NOT NULL,
    "base_observed_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "value" DECIMAL(65,30) NOT NULL,
    "pooled" DOUBLE PRECISION NOT NULL,
    "quantile_levels" DOUBLE PRECISION[],
    "quantile_values" DECIMAL(65,30)[],
    "contributors" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "superseded_at" BIGINT,

    CONSTRAINT "consensus_pkey" PRIMARY KEY ("tenant","position")
);

-- CreateIndex
CREATE INDEX "consensus_stream_id_position_idx" ON "consensus"("stream_id", "position");

-- CreateIndex
CREATE UNIQUE INDEX "consensus_stream_id_base_observed_at_revision_key" ON "consensus"("stream_id", "base_observed_at", "revision");

-- AddForeignKey
ALTER TABLE "consensus" ADD CONSTRAINT "consensus_stream_id_fkey" FOREIGN KEY ("stream_id") REFERENCES "streams"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
