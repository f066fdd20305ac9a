-- Counts tokens that wait in a provider's own batch queue. They are held by id until they are released by it.
-- KEYS  1 limits  2 queued tokens: "id:<id>" -> "<tokens> <model>", and per scope "sum:<scope>"
-- ARGV  1 take or release  2 id  3 model  4 tokens
-- Returns { status, remaining }: taken (also when the id already holds some), released, none (nothing was held),
--   refused with what still fits, or unknown when no limits are stored

local limits_key, queued_key = KEYS[1], KEYS[2]
local field = 'id:' .. ARGV[2]

local function change(scope, amount)
  local sum = redis.call('HINCRBYFLOAT', queued_key, 'sum:' .. scope, amount)
  if tonumber(sum) <= 0 then redis.call('HDEL', queued_key, 'sum:' .. scope) end
end

local held = redis.call('HGET', queued_key, field)
if ARGV[1] == 'release' then
  if not held then return { 'none', '0' } end
  local tokens, model = string.match(held, '^(%S+) (.*)$')
  redis.call('HDEL', queued_key, field)
  change('provider', '-' .. tokens)
  change('model:' .. model, '-' .. tokens)
  return { 'released', '0' }
end

local scopes = { 'provider', 'model:' .. ARGV[3] }
local limits = redis.call('HMGET', limits_key, 'revision', unpack(scopes))
if not limits[1] then return { 'unknown', '0' } end
if held then return { 'taken', '0' } end
local tokens, room = tonumber(ARGV[4]), math.huge
for index, scope in ipairs(scopes) do
  local most = limits[index + 1] and cmsgpack.unpack(limits[index + 1]).queued
  if most then
    room = math.min(room, most - (tonumber(redis.call('HGET', queued_key, 'sum:' .. scope)) or 0))
  end
end
if tokens > room then return { 'refused', exact(math.max(0, room)) } end
redis.call('HSET', queued_key, field, ARGV[4] .. ' ' .. ARGV[3])
for _, scope in ipairs(scopes) do change(scope, ARGV[4]) end
return { 'taken', room == math.huge and '-' or exact(room - tokens) }
