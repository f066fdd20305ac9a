-- include: clock, lane
-- Takes tickets out of the pool. Those of a run stay its lines: what comes of them is booked; they are only no longer due.
-- KEYS: 1 stem of the provider's batch lane
-- ARGV: the tickets
-- Returns: how many left the pool
local taken = 0
for _, ticket in ipairs(ARGV) do
  local meta = meta_of(ticket)
  redis.call('ZREM', STEM .. ':due', ticket)
  if meta and meta.run == '' then
    take_from_pool(ticket, meta)
    redis.call('HDEL', STEM .. ':meta', ticket)
    taken = taken + 1
  end
end
return taken
