-- Gives a sync caller the answer, and keeps it: should the worker die now, it is what the invocation ended as.
-- KEYS: lock, record
-- ARGV: token, channel, header, result ("" for none), outcome, "1" for a function's own HTTP answer
if redis.call("GET", KEYS[1]) ~= ARGV[1] then
  local entered, state = unpack(redis.call("HMGET", KEYS[2], "entered", "state"))
  if redis.call("EXISTS", KEYS[1]) == 1 or entered ~= ARGV[1] or state ~= "running" then return 0 end
end
redis.call("HSET", KEYS[2], "outcome", ARGV[5], "http", ARGV[6])
if ARGV[4] ~= "" then redis.call("HSET", KEYS[2], "result", ARGV[4]) end
redis.call("PUBLISH", ARGV[2], ARGV[3] .. "\n" .. ARGV[4])
return 1
