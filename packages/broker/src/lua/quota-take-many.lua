-- include: clock, quota
-- Reserves for jobs in their order, as many as fit now.
-- KEYS: see include/quota.lua
-- ARGV: 1 tokens per minute, 2 tokens per UTC day, 3 open jobs (each '' for no limit), 4… job id, tokens, …
-- Returns: for how many of them, from the first
local now = now_ms()
local per_minute, per_day, open_jobs = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
for i = 4, #ARGV, 2 do
  if take(now, ARGV[i], tonumber(ARGV[i + 1]), per_minute, per_day, open_jobs) == 'refused' then return (i - 4) / 2 end
end
return (#ARGV - 3) / 2
