-- include: clock, backlog
-- Keeps tickets of a model (or all) in the backlog for a while: a permit would only be refused.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 model, '*' for all, 2 milliseconds from now
-- Returns: 1
redis.call('HSET', STEM .. ':hold', ARGV[1], now_ms() + tonumber(ARGV[2]))
return 1
