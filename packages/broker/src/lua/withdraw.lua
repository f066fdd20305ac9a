-- include: clock, backlog, pace, release
-- Takes a ticket out of wherever it waits.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 ticket
-- Returns: see release()
if not redis.call('ZSCORE', STEM .. ':running', ARGV[1]) then forget(ARGV[1]) end
return release(now_ms())
