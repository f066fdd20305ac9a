-- include: clock
-- Closes the attempt that was hedged, when its batch brought nothing: the live one goes on alone.
-- KEYS: 1 job hash
-- ARGV: 1 attempt, 2 end of the attempt (JSON members)
-- Returns: 1, or 0 when it was closed before (its usage is still booked)
if redis.call('HGET', KEYS[1], 'hedged') ~= ARGV[1] then
  if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'late:' .. ARGV[1], ARGV[2]) end
  return 0
end
redis.call('HSET', KEYS[1], 'hedged', 0, 'z:' .. ARGV[1], '"finished_at":"' .. iso(now_ms()) .. '",' .. ARGV[2])
return 1
