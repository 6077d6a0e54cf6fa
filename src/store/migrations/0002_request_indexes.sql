DROP INDEX `requests_open`;--> statement-breakpoint
DROP INDEX `requests_same`;--> statement-breakpoint
CREATE INDEX `requests_waiting_user` ON `requests` (`user_id`,`asked_at`) WHERE state in ('pending','approved');--> statement-breakpoint
CREATE INDEX `requests_waiting_principal` ON `requests` (`principal_id`) WHERE state in ('pending','approved');--> statement-breakpoint
CREATE INDEX `requests_waiting_connection` ON `requests` (`connection_id`,`tool_name`) WHERE state in ('pending','approved');--> statement-breakpoint
CREATE INDEX `requests_executing` ON `requests` (`claimed_at`) WHERE state = 'executing';--> statement-breakpoint
CREATE INDEX `requests_same` ON `requests` (`principal_id`,`connection_id`,`tool_name`,`arguments_hash`) WHERE state in ('pending','approved','denied') or (state = 'executing' and decision_mode <> 'policy');