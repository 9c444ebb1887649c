-- Forgets a function with all its versions, and the code that no other version uses.
-- The keys of artifacts are made here from their versions: all of them lie in the one slot of the catalogue.
-- KEYS: latest, versions
-- ARGV: name, channel, prefix of artifacts, prefix of their users
local known = redis.call("HDEL", KEYS[1], ARGV[1])
for _, text in ipairs(redis.call("HVALS", KEYS[2])) do
  local version = cjson.decode(text)
  local users = ARGV[4] .. version.artifact
  redis.call("SREM", users, ARGV[1] .. "@" .. version.version)
  if redis.call("SCARD", users) == 0 then redis.call("DEL", ARGV[3] .. version.artifact) end
end
redis.call("DEL", KEYS[2])
redis.call("PUBLISH", ARGV[2], ARGV[1])
return known
