CREATE TABLE `seen_tools` (
	`connection_id` text NOT NULL,
	`tool_name` text NOT NULL,
	`user_id` text NOT NULL,
	`definition_hash` text NOT NULL,
	`seen_at` integer NOT NULL,
	PRIMARY KEY(`connection_id`, `tool_name`),
	FOREIGN KEY (`connection_id`) REFERENCES `connections`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
INSERT INTO `seen_tools` SELECT `connection_id`, `name`, `user_id`, `definition_hash`, `changed_at` FROM `tools`;
