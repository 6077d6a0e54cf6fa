CREATE TABLE `last_calls` (
	`user_id` text NOT NULL,
	`connection_id` text NOT NULL,
	`tool_name` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`user_id`, `connection_id`, `tool_name`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
INSERT INTO `last_calls` SELECT `user_id`, `connection_id`, `tool_name`, max(`asked_at`) FROM `requests`
WHERE `definition_hash` <> '' AND `connection_id` IN (SELECT `id` FROM `connections`) GROUP BY 1, 2, 3;
