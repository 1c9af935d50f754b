local topics = {
  hello = function() print("hello from " .. _VERSION) end,
  module = function() print(require("greet")("a module")) end,
  json = function() print(require("cjson").encode({ 1, 2, 3 })) end,
  lpeg = function() local lpeg = require("lpeg"); print(lpeg.match(lpeg.R("09") ^ 1, "123x")) end,
  files = function() for name in require("lfs").dir("/app") do if name:find("%.lua$") then io.write(name == "app.lua" and "found\n" or "") end end end,
  shell = function() print(io.popen("echo from a shell"):read("a")) end,
  date = function() print(os.date("!%c", 0), os.setlocale("C.UTF-8")) end,
  fail = function() error("on purpose") end,
}
topics[arg[1]]()
