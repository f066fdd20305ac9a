-- Takes a delivery out of its lane. What is under way ends by itself.
-- KEYS: 1 stem of the lanes
-- ARGV: 1 lane, 2 delivery
return redis.call('ZREM', KEYS[1] .. ':due:' .. ARGV[1], ARGV[2])
