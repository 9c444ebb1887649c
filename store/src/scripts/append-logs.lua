-- Adds lines to a log until it is full, and tells those who follow it.
-- KEYS: log, record
-- ARGV: channel, milliseconds to keep, most bytes, the mark of a cut, lines...
local used = tonumber(redis.call("HGET", KEYS[2], "logBytes") or 0)
local most = tonumber(ARGV[3])
if used > most then return 0 end
for i = 5, #ARGV do
  used = used + #ARGV[i]
  if used > most then
    redis.call("RPUSH", KEYS[1], ARGV[4])
    break
  end
  redis.call("RPUSH", KEYS[1], ARGV[i])
end
redis.call("PEXPIRE", KEYS[1], ARGV[2])
if redis.call("EXISTS", KEYS[2]) == 1 then redis.call("HSET", KEYS[2], "logBytes", used) end
redis.call("PUBLISH", ARGV[1], "")
return 1
