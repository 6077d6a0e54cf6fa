DROP INDEX `oauth_tokens_agent`;--> statement-breakpoint
CREATE INDEX `oauth_tokens_agent` ON `oauth_tokens` (`agent_id`,`kind`,`expires_at`);--> statement-breakpoint
CREATE INDEX `agents_unrevoked` ON `agents` (`user_id`,`created_at`) WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX `agents_ends` ON `agents` (`expires_at`) WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX `agents_revoked` ON `agents` (`user_id`,`revoked_at`,`id`) WHERE revoked_at is not null;