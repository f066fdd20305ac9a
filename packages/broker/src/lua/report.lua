-- include: clock, backlog, pace, release
-- A worker has started a call (its ticket is no longer ready) or is done with a ticket; the next may be released.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 worker, 2 calls in flight at that worker, 3 ticket that was started, ended, dropped or handed back ('': none),
--       4 '1' when a call was started
-- Returns: see release()
local now = now_ms()
if ARGV[4] == '1' then
  local facts = make_running(ARGV[3], now)
  count_start(now, facts and facts.cost or tonumber(redis.call('HGET', STEM .. ':pace', 'cost') or '1'))
elseif ARGV[3] ~= '' then
  -- A ticket that waits is not this worker's: it was queued anew.
  local facts = facts_of(ARGV[3])
  if facts and not redis.call('ZSCORE', wait_key(facts.tier, facts.tenant, facts.model), ARGV[3])
    and not redis.call('ZSCORE', STEM .. ':delayed', ARGV[3]) then
    if redis.call('ZSCORE', STEM .. ':ready', ARGV[3]) then refund(facts) end
    forget(ARGV[3])
  end
end
local row = redis.call('HGET', STEM .. ':workers', ARGV[1])
if row then
  local facts = split(row)
  redis.call('HSET', STEM .. ':workers', ARGV[1], facts[1] .. '|' .. ARGV[2] .. '|' .. facts[3] .. '|' .. facts[4])
end
return release(now)
