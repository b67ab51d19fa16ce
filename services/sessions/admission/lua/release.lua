-- session
drop(ARGV[1])
return {'released'}
