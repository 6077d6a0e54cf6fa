DROP INDEX `audit_events_subject`;--> statement-breakpoint
ALTER TABLE `approval_settings` ADD `kept_ms` integer DEFAULT 7776000000 NOT NULL;--> statement-breakpoint
CREATE INDEX `requests_agent` ON `requests` (`principal_id`,`asked_at`);--> statement-breakpoint
CREATE INDEX `requests_connection` ON `requests` (`user_id`,`connection_slug`,`asked_at`);--> statement-breakpoint
CREATE INDEX `requests_tool` ON `requests` (`user_id`,`tool_name`,`asked_at`);--> statement-breakpoint
CREATE INDEX `requests_went_wrong` ON `requests` (`user_id`,`state`,`asked_at`) WHERE state in ('failed','unknown','denied','expired','refused') or is_error = 1;