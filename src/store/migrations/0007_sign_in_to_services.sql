CREATE TABLE `client_registrations` (
	`connection_id` text NOT NULL,
	`user_id` text NOT NULL,
	`issuer` text NOT NULL,
	`source` text NOT NULL,
	`client_id` text NOT NULL,
	`secret_id` text NOT NULL,
	`redirect_uri` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer,
	PRIMARY KEY(`connection_id`, `issuer`),
	FOREIGN KEY (`connection_id`) REFERENCES `connections`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `sign_in_attempts` (
	`state_hash` text PRIMARY KEY NOT NULL,
	`connection_id` text NOT NULL,
	`user_id` text NOT NULL,
	`session_hash` text NOT NULL,
	`secret_id` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`connection_id`) REFERENCES `connections`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `sign_in_attempts_connection` ON `sign_in_attempts` (`connection_id`,`created_at`);--> statement-breakpoint
ALTER TABLE `connections` ADD `oauth_status` text;--> statement-breakpoint
ALTER TABLE `connections` ADD `oauth_scope` text;--> statement-breakpoint
ALTER TABLE `connections` ADD `renewing_until` integer;