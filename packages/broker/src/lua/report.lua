-- include: clock, release
-- A worker has started a call (its ticket is no longer ready) or ended one; the next ticket may be released.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 shares, 2 worker, 3 calls in flight at that worker, 4 ticket that was started, dropped or handed back,
--       '' when a call ended, 5 '1' when a call was started
-- Returns: see release()
local now = now_ms()
if ARGV[4] ~= '' then forget_ready(ARGV[4]) end
if ARGV[5] == '1' then count_start(now) end
local row = redis.call('HGET', STEM .. ':workers', ARGV[2])
if row then
  local facts = split(row)
  redis.call('HSET', STEM .. ':workers', ARGV[2], facts[1] .. '|' .. ARGV[3] .. '|' .. facts[3] .. '|' .. facts[4])
end
return release(now, parse_shares(ARGV[1]))
