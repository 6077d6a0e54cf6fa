INSERT INTO `agents` (`id`, `user_id`, `kind`, `name`, `prefix`, `key_hash`, `created_at`, `last_used_at`, `last_used_from`, `revoked_at`)
SELECT `id`, `user_id`, 'api_key', `name`, `prefix`, `key_hash`, `created_at`, `last_used_at`, `last_used_from`, `revoked_at` FROM `api_keys`;--> statement-breakpoint
DROP TABLE `api_keys`;