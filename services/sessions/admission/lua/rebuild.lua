-- ttl_ms, then (session, worker, tenant) of every slot that PostgreSQL says is held → {'built'} | {'stands'}
if redis.call('EXISTS', P .. ':ready') == 1 then return {'stands'} end
local ttl_ms = tonumber(ARGV[1])
for index = 2, #ARGV, 3 do
  put(ARGV[index], ARGV[index + 1], ARGV[index + 2], ttl_ms)
end
redis.call('SET', P .. ':ready', NOW)
return {'built'}
