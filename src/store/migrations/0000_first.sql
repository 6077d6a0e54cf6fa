CREATE TABLE `approval_settings` (
	`user_id` text PRIMARY KEY NOT NULL,
	`pending_ms` integer NOT NULL,
	`approved_ms` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `request_notes` (
	`id` integer PRIMARY KEY NOT NULL,
	`request_id` text NOT NULL,
	`user_id` text NOT NULL,
	`at` integer NOT NULL,
	`text` text NOT NULL,
	FOREIGN KEY (`request_id`) REFERENCES `requests`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `request_notes_request` ON `request_notes` (`request_id`);--> statement-breakpoint
CREATE TABLE `requests` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`state` text NOT NULL,
	`principal_id` text NOT NULL,
	`principal_kind` text NOT NULL,
	`principal_name` text NOT NULL,
	`address` text,
	`program` text,
	`connection_id` text NOT NULL,
	`connection_slug` text NOT NULL,
	`connection_name` text NOT NULL,
	`target` text NOT NULL,
	`fingerprint` text NOT NULL,
	`tool_name` text NOT NULL,
	`definition_hash` text NOT NULL,
	`arguments` text,
	`arguments_hash` text NOT NULL,
	`asked_at` integer NOT NULL,
	`expires_at` integer,
	`decision_mode` text,
	`decided_by` text,
	`decided_at` integer,
	`reason` text,
	`claimed_at` integer,
	`settled_at` integer,
	`duration_ms` integer,
	`outcome` text,
	`is_error` integer,
	`message` text,
	`result` text,
	`result_hash` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `requests_user_asked` ON `requests` (`user_id`,`asked_at`);--> statement-breakpoint
CREATE INDEX `requests_same` ON `requests` (`principal_id`,`connection_id`,`tool_name`,`arguments_hash`) WHERE state in ('pending','approved','executing','denied');--> statement-breakpoint
CREATE INDEX `requests_open` ON `requests` (`state`,`expires_at`) WHERE state in ('pending','approved','executing');--> statement-breakpoint
CREATE TABLE `audit_events` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`user_id` text,
	`name` text NOT NULL,
	`actor` text NOT NULL,
	`subject` text NOT NULL,
	`details` text NOT NULL,
	`mac` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_events_subject` ON `audit_events` (`subject`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`name` text NOT NULL,
	`prefix` text NOT NULL,
	`key_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	`last_used_from` text,
	`revoked_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_key_hash_unique` ON `api_keys` (`key_hash`);--> statement-breakpoint
CREATE INDEX `api_keys_user` ON `api_keys` (`user_id`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`origin_proof_hash` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`address` text,
	`program` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE TABLE `setup_tokens` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`purpose` text NOT NULL,
	`user_id` text,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `sign_in_failures` (
	`subject` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`last_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`password_hash` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);--> statement-breakpoint
CREATE TABLE `instance_facts` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `policies` (
	`connection_id` text NOT NULL,
	`tool_name` text NOT NULL,
	`user_id` text NOT NULL,
	`mode` text NOT NULL,
	`definition_hash` text,
	`set_at` integer NOT NULL,
	`set_by` text NOT NULL,
	PRIMARY KEY(`connection_id`, `tool_name`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `policies_user` ON `policies` (`user_id`);--> statement-breakpoint
CREATE TABLE `connections` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`slug` text NOT NULL,
	`integration_id` text NOT NULL,
	`name` text NOT NULL,
	`url` text NOT NULL,
	`auth_method` text NOT NULL,
	`token_header` text,
	`token_format` text,
	`secret_id` text,
	`allowed_private` text,
	`call_timeout_ms` integer NOT NULL,
	`result_limit_bytes` integer NOT NULL,
	`fingerprint` text NOT NULL,
	`added_at` integer NOT NULL,
	`tools_fetched_at` integer,
	`last_error` text,
	`protocol` text,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `connections_slug` ON `connections` (`user_id`,`slug`);--> statement-breakpoint
CREATE TABLE `definitions` (
	`hash` text NOT NULL,
	`user_id` text NOT NULL,
	`json` text NOT NULL,
	PRIMARY KEY(`hash`, `user_id`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `tools` (
	`row_id` integer PRIMARY KEY NOT NULL,
	`connection_id` text NOT NULL,
	`user_id` text NOT NULL,
	`name` text NOT NULL,
	`position` integer NOT NULL,
	`definition_hash` text NOT NULL,
	`changed_at` integer NOT NULL,
	FOREIGN KEY (`connection_id`) REFERENCES `connections`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tools_name` ON `tools` (`connection_id`,`name`);--> statement-breakpoint
CREATE INDEX `tools_user` ON `tools` (`user_id`);--> statement-breakpoint
CREATE TABLE `secrets` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text,
	`purpose` text NOT NULL,
	`sealed` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `secrets_user` ON `secrets` (`user_id`);