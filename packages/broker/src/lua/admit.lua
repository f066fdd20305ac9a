-- Enters a job into its tenant's index of open jobs unless the tenant has as many as it may.
-- KEYS: 1 index of the tenant's open jobs
-- ARGV: 1 job, 2 created at, 3 most open jobs
-- Returns: 1 when it is entered (or was), 0 when the tenant is full
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 1 end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
return 1
