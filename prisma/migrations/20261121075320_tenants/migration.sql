-- AlterTable
ALTER TABLE "peers" ADD COLUMN     "changed_at" TIMESTAMPTZ(3),
ADD COLUMN     "max_streams" INTEGER,
ADD COLUMN     "observations_per_minute" INTEGER,
ADD COLUMN     "predictions_per_minute" INTEGER,
ADD COLUMN     "revoked_at" TIMESTAMPTZ(3),
ADD COLUMN     "tokens_after" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "stream_heads" ADD COLUMN     "tenant" VARCHAR(63);
UPDATE "stream_heads" h SET "tenant" = s."tenant" FROM "streams" s WHERE s."id" = h."stream_id";
ALTER TABLE "stream_heads" ALTER COLUMN "tenant" SET NOT NULL;

-- CreateTable
CREATE TABLE "join_codes" (
    "id" UUID NOT NULL,
    "tenant" VARCHAR(63) NOT NULL,
    "hash" BYTEA NOT NULL,
    "label" VARCHAR(200),
    "role" "Role" NOT NULL,
    "max_uses" INTEGER,
    "uses" INTEGER NOT NULL DEFAULT 0,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "join_codes_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "join_codes_hash_key" ON "join_codes"("hash");

-- CreateIndex
CREATE INDEX "join_codes_tenant_created_at_idx" ON "join_codes"("tenant", "created_at");

-- CreateIndex
CREATE INDEX "peers_changed_at_idx" ON "peers"("changed_at");

-- AddForeignKey
ALTER TABLE "join_codes" ADD CONSTRAINT "join_codes_tenant_fkey" FOREIGN KEY ("tenant") REFERENCES "tenants"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The second wall between tenants: what Prisma does not know of. Statements for a tenant run as the role presage_tenant
-- with the tenant's name in the setting presage.tenant; as that role a row of another tenant is neither seen nor
-- written. Roles belong to the whole server, so this one may be there.
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'presage_tenant') THEN CREATE ROLE presage_tenant NOLOGIN; END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

-- Puts the wall around a table that has a column "tenant": every later migration with such a table calls it.
-- Without a setting the name is empty, which no tenant has. The sub-select is evaluated once a statement.
CREATE FUNCTION presage_wall(walled regclass, privileges text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', walled);
  EXECUTE format(
    'CREATE POLICY tenant_wall ON %s TO presage_tenant USING (tenant = (SELECT current_setting(''presage.tenant'', true))) '
    'WITH CHECK (tenant = (SELECT current_setting(''presage.tenant'', true)))', walled);
  EXECUTE format('GRANT %s ON %s TO presage_tenant', privileges, walled);
END $$;

SELECT presage_wall('log_heads', 'SELECT, UPDATE');
SELECT presage_wall('peers', 'SELECT');
SELECT presage_wall('streams', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('stream_heads', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('observations', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('predictions', 'SELECT, INSERT, UPDATE');
SELECT presage_wall('log_events', 'SELECT, INSERT');
GRANT USAGE ON SEQUENCE streams_id_seq TO presage_tenant;
-- What is across tenants the role can't touch at all: tenants, join_codes, refresh_tokens, used_challenges, server_facts.
DO $$ BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO presage_tenant', current_schema());
END $$;
