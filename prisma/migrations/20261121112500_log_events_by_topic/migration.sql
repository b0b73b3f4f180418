-- CreateIndex
CREATE INDEX "log_events_tenant_topic_position_idx" ON "log_events"("tenant", "topic", "position");
