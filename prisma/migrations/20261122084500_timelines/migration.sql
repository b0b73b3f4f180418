-- AlterTable
ALTER TABLE "log_heads" ADD COLUMN     "relation" OID,
ADD COLUMN     "server_started" TIMESTAMPTZ(6),
ADD COLUMN     "timeline" VARCHAR(16);

-- CreateTable
CREATE TABLE "log_timelines" (
    "tenant" VARCHAR(63) NOT NULL,
    "number" INTEGER NOT NULL,
    "timeline" VARCHAR(16) NOT NULL,
    "starts_after" BIGINT NOT NULL,
    "began_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "log_timelines_pkey" PRIMARY KEY ("tenant","number")
);

-- AddForeignKey
ALTER TABLE "log_timelines" ADD CONSTRAINT "log_timelines_tenant_fkey" FOREIGN KEY ("tenant") REFERENCES "tenants"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The wall between tenants, which Prisma does not know of.
SELECT presage_wall('log_timelines', 'SELECT, INSERT');

-- What is in a log already is of its first timeline; a log that is empty begins it with its first entry.
INSERT INTO "log_timelines" ("tenant", "number", "timeline", "starts_after")
SELECT "tenant", 1, left(replace(gen_random_uuid()::text, '-', ''), 8), 0 FROM "log_heads" WHERE "position" > 0;
UPDATE "log_heads" h SET "timeline" = t."timeline" FROM "log_timelines" t WHERE t."tenant" = h."tenant";
