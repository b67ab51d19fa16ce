-- session, tenant, ttl_ms, worker to avoid → {'admitted', worker, agent name} | {'full'} | {'empty'}
local session, tenant, ttl_ms, avoid = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if redis.call('EXISTS', P .. ':ready') == 0 then return {'empty'} end
purge()
local worker, agent_name = choose(avoid)
if not worker then return {'full'} end
redis.call('ZADD', P .. ':shunned', NOW + SHUN_MS, avoid)
put(session, worker, tenant, agent_name, ttl_ms)
return {'admitted', worker, agent_name}
