-- include: clock
-- Takes a provider key out of use. One that is out already, by the same value, stays as it
-- is, unless it is now to be out for good.
-- KEYS: 1 hash of retired keys
-- ARGV: 1 name, 2 fingerprint of its value ('' for whatever value), 3 milliseconds until it is tried again ('' for
--       never by itself), 4 JSON members of the reason
-- Returns: 1 when it was in use until now, else 0
local now = now_ms()
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if stored then
  local before = cjson.decode(stored)
  local lasts = before.until_ms == cjson.null or before.until_ms > now
  if lasts and (ARGV[3] ~= '' or before.until_ms == cjson.null) and (before.fingerprint == ARGV[2] or before.fingerprint == '') then return 0 end
end
local until_ms = ARGV[3] == '' and 'null' or string.format('%.0f', now + tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], ARGV[1], '{"fingerprint":"' .. ARGV[2] .. '","retired_at_ms":' .. string.format('%.0f', now)
  .. ',"until_ms":' .. until_ms .. ',' .. ARGV[4] .. '}')
return 1
