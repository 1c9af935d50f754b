return function(name) return ("hello from %s"):format(name) end
