DROP INDEX `requests_waiting_principal`;--> statement-breakpoint
CREATE INDEX `requests_waiting_principal` ON `requests` (`principal_id`,`state`) WHERE state in ('pending','approved');--> statement-breakpoint
ALTER TABLE `oauth_clients` DROP COLUMN `used_at`;