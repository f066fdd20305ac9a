-- include: clock, lane
-- Notes that lines of a run are settled: their jobs have ended or are queued again. Not fenced, and may be repeated.
-- KEYS: 1 stem of the provider's batch lane
-- ARGV: 1 run, then line, ticket, …
-- Returns: how many were not settled before
local settled = 0
for i = 2, #ARGV, 2 do
  if redis.call('SETBIT', STEM .. ':done:' .. ARGV[1], ARGV[i], 1) == 0 then settled = settled + 1 end
  local meta = meta_of(ARGV[i + 1])
  if meta and meta.run == ARGV[1] then
    redis.call('HDEL', STEM .. ':meta', ARGV[i + 1])
    redis.call('ZREM', STEM .. ':due', ARGV[i + 1])
  end
end
redis.call('HINCRBY', STEM .. ':run:' .. ARGV[1], 'done', settled)
return settled
