-- include: clock, quota
-- Reserves what a job is expected to take of its key's quotas, all or nothing. Idempotent by job id.
-- KEYS: see include/quota.lua
-- ARGV: 1 job id, 2 tokens, 3 tokens per minute, 4 tokens per UTC day, 5 open jobs (each '' for no limit)
-- Returns: {'taken' | 'held'} | {'refused', 'tokens_per_minute' | 'tokens_per_day' | 'queued_jobs', ms until it may fit;
--          -1: it never will}
return { take(now_ms(), ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])) }
