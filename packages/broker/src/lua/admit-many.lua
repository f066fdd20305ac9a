-- Enters jobs into their tenant's index of open jobs, in order, as many as the tenant may have. One that is entered
-- already counts as entered.
-- KEYS: 1 index of the tenant's open jobs
-- ARGV: 1 most open jobs (0: no cap), 2 created at, 3… jobs
-- Returns: how many of them, from the first, are entered
local most, open = tonumber(ARGV[1]), redis.call('ZCARD', KEYS[1])
for i = 3, #ARGV do
  if not redis.call('ZSCORE', KEYS[1], ARGV[i]) then
    if most > 0 and open >= most then return i - 3 end
    redis.call('ZADD', KEYS[1], ARGV[2], ARGV[i])
    open = open + 1
  end
end
return #ARGV - 2
