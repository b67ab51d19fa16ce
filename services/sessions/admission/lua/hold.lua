-- session, worker, tenant, ttl_ms
put(ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]))
return {'held'}
