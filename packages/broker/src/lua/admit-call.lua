-- include: clock, breaker, health
-- Whether a call of a model whose breaker is not closed may go.
-- KEYS: 1 stem of the provider's health
-- ARGV: 1 policy JSON, 2 lane, 3 model, 4 control channel, 5 provider
-- Returns: {'normal' | 'probe' | 'ramp' | 'refused', ms until it makes sense to ask again, epoch, breaker}
local now = now_ms()
local field = ARGV[2] .. '|' .. ARGV[3]
local before = redis.call('HGET', STEM .. ':breakers', field)
local breaker = decode_breaker(before)
local verdict, retry = admit_call(breaker, now, cjson.decode(ARGV[1]))
local text = before and store_breaker(field, breaker, before, ARGV[4], ARGV[5]) or encode_breaker(breaker)
return { verdict, retry or 0, breaker.epoch, text }
