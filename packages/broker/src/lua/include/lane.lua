-- The batch lane of a provider: pools of tickets that wait for a batch, and the runs that have some. Needs clock.lua.
-- STEM is the stem of the lane's keys:
--   :pool:<pool>   sorted set of waiting tickets by deadline        :since:<pool>  the same by when they came
--   :load:<pool>   hash lines, bytes, tokens of those that wait     :pools         names of pools that have any, or a run
--   :meta           hash ticket -> bytes|tokens|deadline|since|run|pool, until its line is settled
--   :due            sorted set of all tickets by deadline            :runs           sorted set of open runs by creation
--   :run:<run>      hash: a run's state                              :lines:<run>    list of its tickets, line n first at 0
--   :done:<run>     bitmap of settled lines                          :lead:<pool>   hash: who collects, and its fence
--   :creating       the run whose creation may be under way          :owned          sorted set of the provider's batches that are runs
local STEM = KEYS[1]

local function meta_of(ticket)
  local row = redis.call('HGET', STEM .. ':meta', ticket)
  if not row then return nil end
  local bytes, tokens, deadline, since, run, pool = string.match(row, '^(%d+)|(%d+)|(%d+)|(%d+)|([^|]*)|(.*)$')
  return { bytes = tonumber(bytes), tokens = tonumber(tokens), deadline = tonumber(deadline), since = tonumber(since), run = run, pool = pool }
end

local function set_meta(ticket, meta)
  redis.call('HSET', STEM .. ':meta', ticket, string.format('%.0f|%.0f|%.0f|%.0f|%s|%s', meta.bytes, meta.tokens, meta.deadline, meta.since, meta.run, meta.pool))
end

local function add_load(pool, sign, meta)
  local key = STEM .. ':load:' .. pool
  local lines = redis.call('HINCRBY', key, 'lines', sign)
  redis.call('HINCRBY', key, 'bytes', sign * meta.bytes)
  redis.call('HINCRBY', key, 'tokens', sign * meta.tokens)
  if lines <= 0 then redis.call('DEL', key) end
end

local function take_from_pool(ticket, meta)
  redis.call('ZREM', STEM .. ':pool:' .. meta.pool, ticket)
  redis.call('ZREM', STEM .. ':since:' .. meta.pool, ticket)
  add_load(meta.pool, -1, meta)
end

-- Whether a collector still leads its pool: another may have taken over while it was away.
local function leads(pool, fence, now)
  local lead = redis.call('HMGET', STEM .. ':lead:' .. pool, 'fence', 'until')
  return lead[1] == fence and now < tonumber(lead[2])
end
