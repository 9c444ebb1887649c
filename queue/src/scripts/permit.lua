-- Gives a permit to one more attempt of a function, unless as many as it allows hold one. A permit that is not renewed
-- runs out, so a dead worker's come back.
-- KEYS: permits
-- ARGV: token, now, until, how many
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", ARGV[2])
if redis.call("ZCARD", KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call("ZADD", KEYS[1], ARGV[3], ARGV[1])
redis.call("PEXPIREAT", KEYS[1], ARGV[3] + 60000)
return 1
